# Writing, sending and taking back.
unsent = Sent.
unsent-more = Seconds left to take it back: { $seconds }
unsent-undo = Undo

write-title-new = New message
write-title-reply = Reply
write-title-all = Reply to all
write-title-forward = Forward
write-title-edit = Edit and send
write-from = From
write-to = To
write-cc = Cc
write-bcc = Bcc
write-bcc-more = Bcc – the others do not see these
write-copies = Copies (Cc, Bcc)
write-subject = Subject
write-text = Message
write-files = Attached files
write-files-hint = Files without a tick are left out.
write-attach = Attach files
write-attach-hint = All together up to { $max }. Save draft keeps them too.
write-options = Options
write-priority = Importance
write-priority-normal = Normal
write-priority-high = High
write-priority-low = Low
write-receipt = Ask the recipients to confirm that they have read it
write-send = Send
write-send-anyway = Send anyway
write-save = Save draft
write-discard = Delete draft
write-saved = Saved in Drafts.
write-saved-at = Saved in Drafts, { $time }.
write-saved-beside = Saved in Drafts. You have another version of this draft from another window; both are kept.
write-saving = Saving…
write-save-failed = Not saved. It is tried again when you go on; please leave this window open.
write-uploading = Files are being sent…
write-found = People found
write-undone = Taken back: nobody got it. It is in Drafts again.
write-not-yet = Not sent yet
write-files-lost = Please choose your files again: browsers do not keep them.
write-nobody = Please say who it goes to.
write-too-many = { $count } recipients are too many. At most { $max }, please.
write-too-long = Too long. At most { $max } recipients, please.
write-no-address = { $count ->
    [one] { $which } is not an address (like ann@example.com).
   *[other] { $which } are not addresses (like ann@example.com).
}
write-no-address-more = { $which } and { $more } more are not addresses (like ann@example.com).
write-subject-long = The subject is too long. At most { $max } characters, please.
write-no-subject = There is no subject. If you mean it, press Send once more.
write-from-not = You may not send as this address. Please choose another one.
write-too-large = The message with its files is too large: { $size } as it would be sent, at most { $max }. Please send fewer or smaller files.
write-source-lost = The original message cannot be read, so its attachments would be missing. Please start again from the message.
write-disk-full = The disk of this box is full, so nothing was sent or saved. Please tell your administrator.
write-not-saved = This could not be stored. Please try again; if it fails again, tell your administrator.
write-drill-keeps-nothing = In a drill no drafts are kept. Files go along when you press Send.
write-drill-over = The drill in which you wrote this is over: the mail server is really down now. Nothing was sent. If you mean it, press Send: it goes out then.
write-drill-begun = You wrote this before the drill. It was not sent. If you press Send now, it only goes into the drill's sandbox; mail works normally, so send it with Outlook.
write-signed-in-again = You have signed in again in the meantime. Nothing is lost: please check your message and press Send once more.
write-kept-note = [Not sent. Please take this line out before sending. It was meant for: { $which }]

# These stand in the mail itself.
wrote = On { $date }, { $who } wrote:
somebody = somebody
forwarded-message = Forwarded message
unnamed-file = file
