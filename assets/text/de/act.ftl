# Was man mit E-Mails macht, und die Ordner.
newer = Neuere
folder-range = { $first }–{ $last } von { $total }
mark-flagged = markiert
mark-answered = beantwortet
mark-forwarded = weitergeleitet
row-many = Nachrichten
act-group = Was mit Nachrichten geschehen soll
act-one = Was mit dieser Nachricht geschehen soll
act-which = Welche Nachrichten
act-ticked = Angekreuzte
act-page = Diese Seite ({ $count })
act-all = Alle ({ $count })
act-archive = Archivieren
act-delete = Löschen
act-delete-ever = Endgültig löschen
act-junk = Junk
act-not-junk = Kein Junk
act-inbox = Zurück in den Posteingang
act-read = Gelesen
act-unread = Ungelesen
act-mark-unread = Als ungelesen markieren
act-flag = Markieren
act-unflag = Nicht markiert
act-move-to = Verschieben nach
act-move = Verschieben
act-empty = Ordner leeren
undo = Rückgängig
cancel = Abbrechen
messages = { $count ->
    [one] 1 Nachricht
   *[other] { $count } Nachrichten
}
told-nothing = Es war keine Nachricht gewählt. Kreuzen Sie an, welche Sie meinen, und drücken Sie dann den Knopf.
told-not-undone = Das lässt sich nicht mehr rückgängig machen.
told-folder-made = Der Ordner „{ $name }“ ist da.
told-folder-renamed = Der Ordner heißt jetzt „{ $name }“.
told-folder-deleted = Der Ordner „{ $name }“ wurde gelöscht.
told-folder-emptied = Der Ordner „{ $name }“ wurde gelöscht; sein Inhalt liegt unter „Gelöscht“ ({ $many }).
told-folder-not-empty = Im Ordner „{ $name }“ sind mehr E-Mails, als auf einmal verschoben werden können. Bitte löschen Sie ihn noch einmal.
told-read = { $many } als gelesen markiert.
told-unread = { $many } als ungelesen markiert.
told-flagged = { $many } markiert.
told-unflagged = { $many } nicht mehr markiert.
told-moved = { $many } verschoben nach: { $name }.
told-removed = { $many } endgültig gelöscht.
told-undone = Rückgängig gemacht ({ $many }).
told-taken-back = Rückgängig gemacht.
told-stale = { $count ->
    [one] 1 Nachricht ist nicht mehr da.
   *[other] { $count } Nachrichten sind nicht mehr da.
}
told-more = Im Ordner sind noch mehr; wiederholen Sie es für den Rest.
sure-messages = Endgültig löschen?
sure-messages-more = Endgültig gelöscht: { $many }. Das lässt sich nicht rückgängig machen.
sure-drafts = Entwurf löschen?
sure-drafts-more = Aus den Entwürfen endgültig gelöscht: { $many }. Das lässt sich nicht rückgängig machen.
sure-empty = Ordner leeren?
sure-empty-more = Alles in „{ $name }“ ({ $many }) wird endgültig gelöscht. Das lässt sich nicht rückgängig machen.
sure-more = Im Ordner sind mehr, als auf einmal gelöscht werden können. Wiederholen Sie es für den Rest.
sure-primary = Was von außen kam, geht trotzdem in Ihr normales Postfach, sobald der Mailserver wieder da ist.

# Eigene Ordner.
folders = Ordner
folders-manage = Ordner verwalten
folders-here = Mit eigenen Ordnern sortieren Sie Ihre E-Mails hier. Das gilt nur hier: In Ihr normales Postfach kommt jede Nachricht so, wie sie eintraf.
folders-none = Sie haben noch keine eigenen Ordner.
folder-change = Ändern
folder-save = Speichern
folder-delete = Ordner löschen
folder-delete-means = Sein Inhalt kommt zu „Gelöscht“.
folder-new = Neuer Ordner
folder-create = Anlegen
folder-name = Name
folder-under = In
folder-top = (ganz oben)
folder-problem-empty = Bitte geben Sie dem Ordner einen Namen.
folder-problem-long = Der Name ist zu lang. Bitte höchstens 60 Zeichen.
folder-problem-taken = Es gibt schon einen Ordner mit diesem Namen.
folder-problem-many = Sie haben so viele Ordner, wie es geben kann.
folder-problem-itself = Ein Ordner kann nicht in sich selbst liegen.
folder-problem-deep = So tief können Ordner nicht ineinander liegen.

# Tasten, und neue E-Mails von selbst.
keys = Tastatur
keys-where = In einem Ordner gehen Sie mit j und k weiter; die Tasten gelten für die angekreuzten Nachrichten oder für die, auf der Sie sind.
keys-on = Einzelne Tasten auf diesem Gerät benutzen
key-next = Nächste Nachricht
key-before = Vorige Nachricht
key-open = Öffnen
key-back = Zurück zum Ordner
key-tick = Ankreuzen
key-reply = Antworten
key-reply-all = Allen antworten
key-forward = Weiterleiten
key-write = Eine Nachricht schreiben
key-help = Diese Liste
key-close = Schließen
live-new = { $count ->
    [one] 1 neue Nachricht
   *[other] { $count } neue Nachrichten
}
live-check = Nach neuen E-Mails sehen

# Reihenfolge, und Unterhaltungen.
first = Erste
next = Weiter
order = Sortieren und filtern
order-show = Anzeigen
sort = Sortieren nach
sort-newest = neueste zuerst
sort-oldest = älteste zuerst
sort-from = Absender
sort-to = Empfänger
sort-subject = Betreff
sort-size = Größe
show = Zeigen
show-all = alle
show-unread = ungelesene
show-flagged = markierte
show-attachment = mit Anhang
threads = als Unterhaltungen
folder-empty-choice = So etwas ist hier nicht.
conversation-edit = Bearbeiten und senden
conversation-whole = Diese Nachricht mit allem öffnen
conversation-alone = Diese Nachricht öffnen

# Was man zum Suchen eingeben kann.
search-operators = Genauer suchen
search-op-from = von:bo
search-op-from-means = von Bo
search-op-to = an:office@example.com
search-op-to-means = an diese Adresse
search-op-subject = betreff:angebot
search-op-subject-means = im Betreff
search-op-has = hat:anhang
search-op-has-means = mit einer Datei
search-op-is = ist:ungelesen
search-op-is-means = noch nicht gelesen; auch ist:gelesen und ist:markiert
search-op-in = in:gesendet
search-op-in-means = in diesem Ordner
search-op-before = vor:2026-03-01
search-op-before-means = vor diesem Tag geschrieben
search-op-after = nach:2026-03-01
search-op-after-means = an diesem Tag oder später
search-op-not = -rechnung
search-op-not-means = ohne dieses Wort; das Minus geht vor all diesen
