"""A notification as a mail: its headers and its text, whatever stands in them."""

from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Final

from supporttiers.backends._mail.words import plain_text
from supporttiers.backends._mail.writing import Form, Mailbox, Sender, header_line, message_id, shown
from supporttiers.effects import Notification

_SUPPRESSED: Final = "DR, RN, NRN, OOF, AutoReply"


def compose(
    notification: Notification, *, key: str, sender: Sender, to: Mailbox, to_name: str, now: datetime
) -> EmailMessage:
    """
    Write a mail.

    Args:
        notification: What to tell.
        key: Of which the mail's id is made.
        sender: Who writes.
        to: To whom.
        to_name: What they are called; may be empty.
        now: What stands in `Date`.
    """
    mail = EmailMessage(policy=Form(linesep="\r\n", cte_type="7bit", utf8=to.international))
    mail["From"] = shown(sender.mailbox, sender.name)
    mail["To"] = shown(to, to_name)
    if sender.reply_to is not None:
        mail["Reply-To"] = shown(sender.reply_to, "")
    mail["Subject"] = header_line(notification.subject or str(notification.reason))
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = message_id(sender, "message", notification.tenant, key)
    root = message_id(sender, "case", notification.tenant, notification.case_id)
    mail["In-Reply-To"] = mail["References"] = root
    mail["Auto-Submitted"] = "auto-generated"
    mail["Precedence"] = "bulk"
    mail["X-Auto-Response-Suppress"] = _SUPPRESSED
    if sender.list_id:
        mail["List-Id"] = f"<{sender.list_id}>"
    mail.set_content(plain_text(notification.text or str(notification.reason)).rstrip("\n") + "\n")
    return mail
