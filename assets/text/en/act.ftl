# What people do with their mail, and their folders.
newer = Newer
folder-range = { $first }–{ $last } of { $total }
mark-flagged = flagged
mark-answered = answered
mark-forwarded = forwarded
row-many = messages
act-group = What to do with messages
act-one = What to do with this message
act-which = Which messages
act-ticked = Ticked
act-page = This page ({ $count })
act-all = All ({ $count })
act-archive = Archive
act-delete = Delete
act-delete-ever = Delete for good
act-junk = Junk
act-not-junk = Not junk
act-inbox = Back to Inbox
act-read = Read
act-unread = Unread
act-mark-unread = Mark unread
act-flag = Flag
act-unflag = No flag
act-move-to = Move to
act-move = Move
act-empty = Empty the folder
undo = Undo
cancel = Cancel
messages = { $count ->
    [one] 1 message
   *[other] { $count } messages
}
told-nothing = No message was chosen. Tick the boxes of those that you mean, then press the button.
told-not-undone = This cannot be undone any more.
told-folder-made = The folder “{ $name }” is there.
told-folder-renamed = The folder is now called “{ $name }”.
told-folder-deleted = The folder “{ $name }” was deleted.
told-folder-emptied = The folder “{ $name }” was deleted; what was in it is in Deleted ({ $many }).
told-folder-not-empty = The folder “{ $name }” has more mail than can be moved in one go. Please delete it again.
told-read = { $many } marked as read.
told-unread = { $many } marked as unread.
told-flagged = { $many } flagged.
told-unflagged = { $many } not flagged any more.
told-moved = { $many } moved to { $name }.
told-removed = { $many } deleted for good.
told-undone = Undone ({ $many }).
told-taken-back = Undone.
told-stale = { $count ->
    [one] 1 message is not there any more.
   *[other] { $count } messages are not there any more.
}
told-more = The folder has more; do it again for the rest.
sure-messages = Delete for good?
sure-messages-more = { $many } will be deleted for good. This cannot be undone.
sure-drafts = Delete the draft?
sure-drafts-more = { $many } will be deleted from Drafts for good. This cannot be undone.
sure-empty = Empty the folder?
sure-empty-more = All mail in { $name } ({ $many }) will be deleted for good. This cannot be undone.
sure-more = The folder has more than can be deleted in one go. Do it again for the rest.
sure-primary = What came from outside still goes to your normal mailbox when the mail server is back.

# Own folders.
folders = Folders
folders-manage = Manage folders
folders-here = Folders of your own are for sorting your mail here. Sorting stays here: your normal mailbox gets every message as it came.
folders-none = You have no folders of your own yet.
folder-change = Change
folder-save = Save
folder-delete = Delete the folder
folder-delete-means = What is in it goes to Deleted.
folder-new = New folder
folder-create = Create
folder-name = Name
folder-under = In
folder-top = (at the top)
folder-problem-empty = Please give the folder a name.
folder-problem-long = The name is too long. At most 60 characters, please.
folder-problem-taken = There is a folder with this name already.
folder-problem-many = You have as many folders as there can be.
folder-problem-itself = A folder cannot lie in itself.
folder-problem-deep = Folders cannot lie so deep in each other.

# Keys, and new mail by itself.
keys = Keyboard
keys-where = In a folder, move with j and k; the keys act on the ticked messages, or on the one where you are.
keys-on = Use single keys on this device
key-next = Next message
key-before = Message before
key-open = Open
key-back = Back to the folder
key-tick = Tick
key-reply = Reply
key-reply-all = Reply to all
key-forward = Forward
key-write = Write a message
key-help = This list
key-close = Close
live-new = { $count ->
    [one] 1 new message
   *[other] { $count } new messages
}
live-check = Check for new mail

# Order, and conversations.
first = First
next = Next
order = Sort and filter
order-show = Show
sort = Sort by
sort-newest = newest first
sort-oldest = oldest first
sort-from = sender
sort-to = recipient
sort-subject = subject
sort-size = size
show = Show
show-all = all
show-unread = unread
show-flagged = flagged
show-attachment = with attachment
threads = as conversations
folder-empty-choice = Nothing here is like that.
conversation-edit = Edit and send
conversation-whole = Open this message with everything in it
conversation-alone = Open this message

# What can be typed to search.
search-operators = Search more precisely
search-op-from = from:bo
search-op-from-means = from Bo
search-op-to = to:office@example.com
search-op-to-means = to this address
search-op-subject = subject:offer
search-op-subject-means = in the subject
search-op-has = has:attachment
search-op-has-means = with a file
search-op-is = is:unread
search-op-is-means = not read yet; also is:read and is:flagged
search-op-in = in:sent
search-op-in-means = in this folder
search-op-before = before:2026-03-01
search-op-before-means = written before that day
search-op-after = after:2026-03-01
search-op-after-means = on that day or later
search-op-not = -invoice
search-op-not-means = without this word; a minus goes before all of these
