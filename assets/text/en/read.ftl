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
