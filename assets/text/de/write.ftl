# write
unsent = Gesendet.
unsent-more = { $seconds ->
    [one] Noch eine Sekunde lang können Sie es zurücknehmen.
   *[other] Noch { $seconds } Sekunden lang können Sie es zurücknehmen.
}
unsent-undo = Rückgängig
