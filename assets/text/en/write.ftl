# Writing.
new-message = New message
message-text = Message
send = Send
not-sent-yet = Not sent yet
files-lost = Please choose your files again: browsers do not keep them.
copies = Copies (Cc, Bcc)
bcc-field = Bcc – the others do not see these
carried-files = Files from the original message
attach-files = Attach files
files-limit = All together up to { $size }.
problem-in-to = To:
problem-in-cc = Cc:
problem-in-bcc = Bcc:
problem-nobody = Please say who it goes to.
problem-too-many = { $count } recipients are too many. At most { $max }, please.
problem-field-long = Too long. At most { $max } recipients, please.
# $named is a list of what was typed, $more how many others there are.
problem-not-address = { $named } is not an address (like ann@example.com).
problem-not-addresses = { $named } are not addresses (like ann@example.com).
problem-not-addresses-more = { $named } and { $more } more are not addresses (like ann@example.com).
problem-subject-long = The subject is too long. At most { $max } characters, please.
problem-source-lost = The original message cannot be read, so its attachments would be missing. Please start again from the message.
problem-too-large = The message with its files is too large: { $size } as it would be sent, at most { $max }. Please send fewer or smaller files.
problem-disk-full = The disk of this box is full. The message was not sent; please tell your administrator.
problem-disk-failed = This could not be stored. Please try again; if it fails again, tell your administrator.
problem-drill-over = The drill in which you wrote this is over: the mail server is really down now. Nothing was sent. If you mean it, press Send: it goes out then.
problem-before-drill = You wrote this before the drill. It was not sent. If you press Send now, it only goes into the drill's sandbox; mail works normally, so send it with Outlook.
problem-signed-in-again = You have signed in again in the meantime. Nothing is lost: please check your message and press Send once more.
# These stand in the mail itself.
wrote = On { $date }, { $who } wrote:
somebody = somebody
forwarded-message = Forwarded message
not-in-fields = Not sent. Please take this line out before sending. { $lost }
unnamed-file = file
unsent = Sent.
unsent-more = { $seconds ->
    [one] For one more second you can still take it back.
   *[other] For { $seconds } seconds you can still take it back.
}
unsent-undo = Undo
