# write
unsent = Sent.
unsent-more = { $seconds ->
    [one] For one more second you can still take it back.
   *[other] For { $seconds } seconds you can still take it back.
}
unsent-undo = Undo
