"""A page of HTML by itself."""

from typing import Final

from supporttiers.diagrams._sheet import escaped

_STYLE: Final = (
    "body{margin:1.5rem;color:#1f2328;background:#ffffff;font:15px/1.5 Helvetica,Arial,'Liberation Sans',sans-serif}"
    "main{overflow-x:auto}table{border-collapse:collapse}"
    "th,td{padding:.4rem .8rem;border-bottom:1px solid #d0d7de;text-align:left;vertical-align:top;max-width:30em;"
    "overflow-wrap:break-word}th{font-weight:600}"
    "caption{font-size:18px;font-weight:600;text-align:left;padding:.4rem .8rem}"
    "@media(prefers-color-scheme:dark){body{color:#e6edf3;background:#0d1117}th,td{border-color:#30363d}}"
)


def page(title: str, body: str) -> str:
    """Put a body of HTML on a page, without scripts and with nothing from elsewhere."""
    head = (
        '<meta charset="utf-8">\n<meta name="viewport" content="width=device-width">\n'
        f"<title>{escaped(title)}</title>\n<style>{_STYLE}</style>"
    )
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n{head}\n</head>\n<body>\n<main>\n{body}</main>\n</body>\n</html>\n'
    )
