// A box that shows the password while it is typed. Without it the page works all the same.
"use strict";
(() => {
	const field = document.getElementById("password");
	const label = document.createElement("label"), box = document.createElement("input"), text = document.createElement("span");
	box.type = "checkbox";
	label.className = "check";
	text.textContent = field.dataset.show;
	label.append(box, text);
	field.after(label);
	box.addEventListener("change", () => { field.type = box.checked ? "text" : "password"; });
	// As a password it goes away: else the browser would keep it among what is typed into fields.
	field.form.addEventListener("submit", () => { field.type = "password"; });
})();
