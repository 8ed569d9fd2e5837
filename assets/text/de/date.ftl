# Datum. $day und $year sind Ziffern, $month und $weekday Namen von unten, $time ist wie 09:15.
date-short = { $day }. { $month }
date-short-year = { $day }. { $month } { $year }
date-minute = { $weekday }, { $day }. { $month } { $year }, { $time }
date-moment = { $day }. { $month } { $year }, { $time }
date-day = { $day }. { $month } { $year }
date-weekday = { $weekday }, { $day }. { $month }
month-1 = Januar
month-2 = Februar
month-3 = März
month-4 = April
month-5 = Mai
month-6 = Juni
month-7 = Juli
month-8 = August
month-9 = September
month-10 = Oktober
month-11 = November
month-12 = Dezember
month-short-1 = Jan.
month-short-2 = Feb.
month-short-3 = März
month-short-4 = Apr.
month-short-5 = Mai
month-short-6 = Juni
month-short-7 = Juli
month-short-8 = Aug.
month-short-9 = Sept.
month-short-10 = Okt.
month-short-11 = Nov.
month-short-12 = Dez.
weekday-1 = Montag
weekday-2 = Dienstag
weekday-3 = Mittwoch
weekday-4 = Donnerstag
weekday-5 = Freitag
weekday-6 = Samstag
weekday-7 = Sonntag
size-bytes = { $count ->
    [one] 1 Byte
   *[other] { $count } Byte
}
