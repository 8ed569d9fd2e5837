# A message.
from = From
answers-go-to = Answers go to
to = To
cc = Cc
bcc = Bcc
date = Date
subject = Subject
message-actions = What to do with this message
edit-and-send = Edit and send
reply = Reply
reply-all = Reply to all
forward = Forward
forward-whole = Forward as a file
send-again = Send again
shown-as-text = You see the plain text.
show-designed = Show it as it was designed
show-text = Show plain text
own-tab = Open in its own tab
no-text = This message has no text.
remote-blocked = Pictures from the internet are not loaded, so the sender does not learn that you read this.
the-message = The message
message-cut = This message is very long and not shown whole. Save it as a file to see everything.
save-as-file = Save as a file (.eml)
attachments = { $count ->
    [one] 1 attachment
   *[other] { $count } attachments
}
who-got-it = Who got it
recipient = Recipient
what-happened = What happened

# How a recipient's mail fares. $at is a short time, $reply what the other server said.
fate-in-session = Being handed over right now
fate-inside = In their Lifeboat inbox; goes to the normal mailbox when the mail server is back
fate-waits-for-server = Waiting for the mail server to come back
fate-waits = Waiting to be sent
fate-tried = Not through yet, will be tried again
fate-tried-answer = Not through yet, will be tried again. Last answer: { $reply }
fate-handed-over = Handed over to the mail server, { $at }
fate-delivered = Delivered to the outside, { $at }
fate-refused = Refused: { $reply }
fate-bounced = Came back: { $reply }
fate-gate = Waiting: the mail server is not quite ready and will be asked again
fate-held = Held; your administrator will look at it
fate-not-yet = Waiting to be sent. For a few seconds you can still take it back.
fate-withdrawn = Not sent: you took it back

# About the message.
back-to-message = Message
message-outer = The message around this one
message-more = The message as it came
message-source = Show source
message-print = Print view
message-remarks = About this message
remark-many-senders = This message names several senders. That is unusual.
remark-other-address = The sender's name looks like an address, but it is not the address that the message came from.
remark-other-reply = Answers go to another address than the sender's. Look whether you know it.
remark-signed = This message is signed. The signature was not checked here.
remark-encrypted = This message is encrypted. It can only be read in Outlook, where your key is. The encrypted message is among the attachments.
remark-encrypted-pgp = This message is encrypted with PGP. It can only be read with your own key, not here.
remark-high = Marked as important by the sender.
remark-low = Marked as not urgent by the sender.
remark-receipt = The sender asks for a receipt when you read this. None is sent from here.
pictures-load = Load pictures from the internet
pictures-tell = Only for this one view. The sender can then see that, when and from where you opened the message.
quote-folded = { $count ->
    [one] 1 quoted line
   *[other] { $count } quoted lines
}
unsubscribe-title = Unsubscribe from this list
unsubscribe-mail = Write a message that unsubscribes you
unsubscribe-page = opens the sender's page

# Files.
file-actions = What to do with this file
file-save = Save ({ $size })
file-view = View
file-open = Open
file-viewer = Open in the viewer
file-viewer-tells = The viewer of your browser shows it in a tab of its own.
file-cut = This file is very long and not shown whole.
file-no-view = There is no preview of this file. Save it, and open it with a program that you trust.
file-unpacked = What is in it is shown here.
file-program-warning = This is a program. Do not open it unless you expected it and know who sent it.
files-zip = Save all as a zip file
files-too-many = These files are too many for one archive. Please save them one by one.
file-picture = picture
file-pdf = PDF
file-text = text
file-document = document
file-sheet = spreadsheet
file-slides = presentation
file-archive = archive
file-audio = sound
file-video = video
file-message = message
file-calendar = calendar entry
file-contact = contact
file-web-page = web page
file-signature = signature
file-program = program
file-other = file
source-title = Source of the message
source-cut = Only its beginning is shown. Save it to see everything.

# Reports about mail that was sent.
report-title = What became of your message
report-said = Technical details
report-failed = Was not delivered.
report-delayed = Not delivered yet.
report-delivered = Delivered.
report-relayed = Passed on. Whether it arrives is not told.
report-read = Your message was opened there.
report-unread = Your message was handled there without being shown.
why-person = There is no mailbox of that name.
why-domain = The part after the @ leads to no mail server.
why-closed = The mailbox is closed at the moment.
why-full = The mailbox is full.
why-large = The message is too large for them.
why-system = The other mail system has a problem.
why-unreachable = The other mail server could not be reached.
why-gave-up = It was tried for too long without success.
why-loop = The message went round in a circle.
why-content = They do not take this kind of content.
why-rule = It was refused by a rule there, as spam for example.
advice-unsaid = Ask the recipient in another way.
advice-person = Check the address for typing errors, or ask for the right one.
advice-domain = Check the address for typing errors.
advice-other-way = Reach the recipient in another way, or try again later.
advice-large = Send fewer or smaller files.
advice-later = Try again later.
advice-admin = Tell your administrator.
advice-content = Send it in another form, as a PDF for example.
advice-rule = Ask the recipient to have you allowed, or reach them in another way.
advice-wait = It is being tried again by itself. You need not do anything.

# Invitations. $name is who answered.
invitation-request = Invitation
invitation-update = Changed invitation
invitation-cancelled = Cancelled
invitation-cancelled-tells = This will not take place. Remove it from your calendar when Outlook is back.
invitation-publish = Calendar entry
invitation-counter = { $name } proposes another time
invitation-counter-declined = The organizer did not take your proposal
invitation-accepted = { $name } comes
invitation-tentative = { $name } may come
invitation-declined = { $name } does not come
invitation-delegated = { $name } sends somebody else
invitation-open = { $name } has not decided
invitation-somebody = Somebody
invitation-when = When
invitation-where = Where
invitation-organizer = Organizer
invitation-guests = Guests
invitation-repeats = Repeats
invitation-next = Next times
invitation-comment = Comment
invitation-untitled = (no title)
invitation-no-time = No time is given
invitation-all-day = { $day }, all day
invitation-days = { $from } to { $to }
invitation-until = { $from } to { $to }
invitation-there = There ({ $zone }): { $time }
invitation-more = { $count ->
    [one] One more entry is in the attached file.
   *[other] { $count } more entries are in the attached file.
}
guest-open = not answered
guest-accepted = accepted
guest-tentative = tentative
guest-declined = declined
guest-delegated = delegated
guest-optional = optional
answer-title = Will you come?
answer-comment = Comment for the organizer (optional)
answer-accept = Accept
answer-tentative = Tentative
answer-decline = Decline
answer-tells = Your answer goes to { $organizer }. Enter the meeting into your calendar when Outlook is back; the invitation will be there.
answer-sent = Your answer is on its way to the organizer.
answered-accepted = You have accepted.
answered-tentative = You have accepted tentatively.
answered-declined = You have declined.
answer-again = Change the answer
answer-no-organizer = This invitation does not say whom to answer.
answer-subject-accepted = Accepted: { $title }
answer-subject-tentative = Tentative: { $title }
answer-subject-declined = Declined: { $title }
repeats-daily = { $count ->
    [one] every day
   *[other] every { $count } days
}
repeats-weekly = { $count ->
    [one] every week
   *[other] every { $count } weeks
}
repeats-monthly = { $count ->
    [one] every month
   *[other] every { $count } months
}
repeats-yearly = { $count ->
    [one] every year
   *[other] every { $count } years
}
repeats-on = on { $days }
repeats-nth = { $place }. { $day }
repeats-last = last { $day }
repeats-month-days = on day { $days }
repeats-until = until { $day }
repeats-times = { $count } times
repeats-oddly = It repeats in a way that is not shown here. The attached file tells.

# Agenda.
agenda = Agenda
agenda-tells = What is known from invitations in your mailbox here, for the next { $days } days. Your whole calendar is in Outlook.
agenda-bound = Only your newest { $count } messages were looked at, and not all that is in them is shown if it is very much.
agenda-empty = No invitations for the next { $days } days are in your mailbox here.
agenda-declined = declined
agenda-accepted = accepted
agenda-tentative = tentative
agenda-unanswered = not answered
agenda-all-day = all day
