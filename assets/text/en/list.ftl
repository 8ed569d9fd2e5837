# Folders and search.
folder-total = { $count ->
    [one] 1 message
   *[other] { $count } messages
}
folder-total-unread = { $count ->
    [one] 1 message
   *[other] { $count } messages
}, { $unread } unread
folder-nothing-older = There is nothing older.
folder-empty-inbox = No mail yet. What arrives from now on shows up here.
folder-empty-sent = You have not sent anything here yet.
folder-empty-drafts = No drafts. What you write keeps itself here until you send it.
folder-empty = Nothing here.
folder-write = Write a message
pages = Pages
newest = Newest
older = Older
with-attachment = with attachment
in-folder = in
notice-sent = Your message is on its way.
notice-sent-more = Open it below to see who got it.
notice-practised = Well done: that is all it takes.
notice-practised-more = In an outage your message would be on its way now. In this drill it was sent to nobody.
notice-kept = Your message was not sent, but kept.
notice-kept-more = The mail server is just coming back. Your draft will arrive in your normal mailbox; please send it with Outlook.
practised = Written in this drill
practised-more = Sent to nobody. It disappears when the drill ends.

search = Search
search-field = Search your mail
search-hint = Words are found whole; invo* finds all that begin so (four letters or more), and "annual report" both words together.
search-empty = Look for words in the text, the subject, names, addresses and the names of attachments.
search-nothing = Nothing was found.
search-misread = Not understood: { $typed }. It was looked for as words.
search-behind = The search is still being prepared, so some messages may be missing here. Please look again in a few minutes.
search-unavailable = The search is being prepared. Please try again in a few minutes; your mail is all there in its folders.

letter-nobody = Sent to nobody.
letter-drill = You wrote this in a drill. It disappears when the drill ends.
letter-to = To:
letter-written = Written: { $date }
letter-attached = Attached:
letter-cut = It is too large to be kept in a drill. In an outage it would be here, and on its way.
