# Ordner und Suche.
folder-total = { $count ->
    [one] 1 Nachricht
   *[other] { $count } Nachrichten
}
folder-total-unread = { $count ->
    [one] 1 Nachricht
   *[other] { $count } Nachrichten
}, { $unread } ungelesen
folder-nothing-older = Es gibt nichts Älteres.
folder-empty-inbox = Noch keine E-Mails. Was ab jetzt eintrifft, erscheint hier.
folder-empty-sent = Sie haben hier noch nichts gesendet.
folder-empty-drafts = Keine Entwürfe. Was Sie schreiben, wird hier von selbst aufgehoben, bis Sie es senden.
folder-empty = Hier ist nichts.
folder-write = Eine Nachricht schreiben
pages = Seiten
newest = Neueste
older = Ältere
with-attachment = mit Anhang
in-folder = in
notice-sent = Ihre Nachricht ist unterwegs.
notice-sent-more = Öffnen Sie sie unten, um zu sehen, wer sie bekommen hat.
notice-practised = Gut gemacht: Mehr ist nicht nötig.
notice-practised-more = Bei einem Ausfall wäre Ihre Nachricht jetzt unterwegs. In dieser Übung ging sie an niemanden.
notice-kept = Ihre Nachricht wurde nicht gesendet, aber aufgehoben.
notice-kept-more = Der Mailserver kommt gerade zurück. Ihr Entwurf wird in Ihrem normalen Postfach eintreffen; bitte senden Sie ihn mit Outlook.
practised = In dieser Übung geschrieben
practised-more = An niemanden gesendet. Verschwindet, wenn die Übung endet.

search = Suchen
search-field = E-Mails durchsuchen
search-hint = Gefunden werden ganze Wörter; mit rech* alles, was so beginnt (ab vier Buchstaben), mit "offene Rechnung" beide Wörter hintereinander.
search-empty = Suchen Sie nach Wörtern im Text, im Betreff, in Namen, Adressen und Namen von Anhängen.
search-nothing = Nichts gefunden.
search-misread = Nicht verstanden: { $typed }. Danach wurde als Wort gesucht.
search-behind = Die Suche wird noch vorbereitet, deshalb können hier Nachrichten fehlen. Bitte sehen Sie in einigen Minuten noch einmal nach.
search-unavailable = Die Suche wird vorbereitet. Bitte versuchen Sie es in einigen Minuten noch einmal; Ihre E-Mails sind alle in ihren Ordnern.

letter-nobody = An niemanden gesendet.
letter-drill = Sie haben dies in einer Übung geschrieben. Es verschwindet, wenn die Übung endet.
letter-to = An:
letter-written = Geschrieben: { $date }
letter-attached = Angehängt:
letter-cut = Für die Übung ist die Nachricht zu groß und wird nicht aufgehoben. Bei einem Ausfall wäre sie hier, und unterwegs.
