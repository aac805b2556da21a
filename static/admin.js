/* What the admin's own scripts leave out: names for fields in tables and for look-ups, and filters that hear all typing. */
"use strict";
{
    const textOf = element => element?.textContent.trim() || "";

    /* A cell's field is named by the head of its column. */
    function nameCells(part) {
        for (const cell of part.querySelectorAll(".tabular td:not(.original)")) {
            const name = textOf(cell.closest("table").tHead.rows[0].cells[cell.cellIndex]);
            for (const field of cell.querySelectorAll("input:not([type=hidden]), select, textarea"))
                if (name && !field.labels.length) field.setAttribute("aria-label", name);
        }
    }

    /* Select2 shows boxes of its own in place of the field that the label belongs to. */
    function nameLookUps(part) {
        for (const field of part.querySelectorAll("select.admin-autocomplete")) {
            const name = field.getAttribute("aria-label") || textOf(field.labels[0]).replace(/[:：]$/, "");
            const shown = field.parentElement.querySelector(".select2-container");
            for (const box of shown?.querySelectorAll("[role=textbox], .select2-search__field") || [])
                box.setAttribute("aria-label", [name, box.title].filter(Boolean).join(": "));
            shown?.querySelector("[role=combobox]").setAttribute("aria-label", name);
        }
    }

    function nameTheRest() {
        for (const head of document.querySelectorAll(".tabular th.original")) {
            const name = document.createElement("span");
            name.className = "visually-hidden";
            name.textContent = textOf(head.closest("fieldset").querySelector(".inline-heading"));
            head.append(name);
        }
        for (const group of document.querySelectorAll(".inline-group"))  // a wide table without rows is scrolled by keys
            if (!group.querySelector(".add-row, .form-row:not(.empty-form)")) group.tabIndex = 0;
        for (const sign of document.querySelectorAll(".help-tooltip[aria-label]")) sign.setAttribute("role", "img");
        const search = document.getElementById("searchbar");
        search?.setAttribute("aria-label", search.labels[0].querySelector("img").alt);
    }

    window.addEventListener("load", () => setTimeout(() => {  // after the scripts that make these boxes
        nameCells(document);
        nameLookUps(document);
        nameTheRest();
    }));
    document.addEventListener("formset:added", event => {
        nameCells(event.target);
        nameLookUps(event.target);
    });

    /* Pasting with the mouse and choosing an input method's candidate lift no key. */
    document.addEventListener("input", event => {
        const [, field, which] = event.target.id.match(/^(.+?)(_selected)?_input$/) || [];
        if (!field || !event.target.closest(".selector-filter")) return;
        if (which) SelectFilter.filter_key_up(event, field, "_to", "_selected_input");
        else SelectFilter.filter_key_up(event, field, "_from");
    });
}
