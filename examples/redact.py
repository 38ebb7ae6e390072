"""Somebody asks what is kept about them, and then that it is deleted: export, redact, verify."""

from supporttiers import Actor, Match, SupportDesk, SupportProcess

desk = SupportDesk(SupportProcess.default())
jane, dora = Actor.customer("u-17"), Actor.agent("dora")

case = desk.open("Fire in room 12", id="T-1", by=jane, text="My printer burns.", category="printing")
desk.reply(case, by="bob", text="We are on our way, Jane.")
desk.open("Paper", id="T-2", by=jane, text="We are out of paper.")

for found in desk.find(Match(requester="u-17")):
    kept = desk.export(found)
    said = [event["text"] for event in kept["events"] if event.get("text")]
    print(found.id, said)

done = desk.redact(person="u-17", by=dora, reason="asked to, letter of 3 March")
print("redacted:", *done.cases, "- left:", len(done.failed))

case = desk.get("T-1")
print([case.subject, case.requester, case.category], "sound" if not desk.verify(case) else "not sound")
