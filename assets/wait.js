"use strict";
// Goes on to what this page waits for, after the seconds that its link names. Without scripts the link is there to be followed.

const onward = document.querySelector("a[data-onward]");
if (onward) setTimeout(() => location.replace(onward.href), Number(onward.dataset.onward) * 1000);
