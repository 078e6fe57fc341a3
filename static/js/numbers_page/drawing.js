/** What numbers look like: large ones, a bar for each day, a row for each listing. */
import { made, word } from "../talk_page/words.js";

const language = document.documentElement.lang;
const counted = new Intl.NumberFormat(language);
const share = new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 0 });
const day = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeZone: "UTC" });
const at = (id) => document.getElementById(id);
const NOTHING = "–";
const SVG = "http://www.w3.org/2000/svg";
const HEIGHT = 100;

/** @param {HTMLElement} list @param {object} totals */
export function drawFigures(list, totals) {
    const facts = { replies: counted.format(totals.replies), conversations: counted.format(totals.conversations) };
    list.replaceChildren(
        figure("views", counted.format(totals.views)),
        figure("favourites", counted.format(totals.favourites)),
        figure("conversations", counted.format(totals.conversations)),
        figure("answered", totals.response_rate === null ? NOTHING : share.format(totals.response_rate), totals.conversations > 0 ? word("answered_of", facts) : ""),
        figure("average", waiting(totals.average_response_minutes)),
        figure("sold", counted.format(totals.sales.reduce((sum, each) => sum + each.count, 0)), totals.sales.map(money).join(" · ")),
    );
}

function figure(name, value, more = "") {
    const group = document.createElement("div");
    group.append(made("dt", "", word(name)), made("dd", "value", value));
    if (more !== "") group.append(made("dd", "quiet", more));
    return group;
}

function waiting(minutes) {
    if (minutes === null) return NOTHING;
    const hours = minutes >= 120;
    const format = new Intl.NumberFormat(language, { maximumFractionDigits: hours || minutes < 10 ? 1 : 0 });
    return word(hours ? "hours" : "minutes", { count: format.format(hours ? minutes / 60 : minutes) });
}

function money({ currency, cents }) {
    return new Intl.NumberFormat(language, { style: "currency", currency, currencyDisplay: "code" }).format(cents / 100);
}

/** @param {HTMLElement} line @param {number | null} percentile */
export function drawPlace(line, percentile) {
    line.hidden = percentile === null;
    line.textContent = percentile === null ? "" : word("place", { percent: share.format(percentile / 100) });
}

/** @param {{day: string, views: number}[]} days */
export function drawDays(days) {
    const most = Math.max(1, ...days.map((each) => each.views));
    const bars = days.map((each, place) => bar(each, place, most));
    const views = days.reduce((sum, each) => sum + each.views, 0);
    const picture = at("days");
    picture.setAttribute("viewBox", `0 0 ${days.length} ${HEIGHT}`);
    picture.setAttribute("aria-label", word("days", { views, days: days.length, most: views === 0 ? 0 : most }));
    picture.replaceChildren(...bars);
    at("first-day").textContent = day.format(new Date(days[0].day));
    at("last-day").textContent = day.format(new Date(days.at(-1).day));
}

function bar(each, place, most) {
    const height = (HEIGHT * each.views) / most;
    const shape = document.createElementNS(SVG, "rect");
    const facts = { x: place + 0.1, y: HEIGHT - height, width: 0.8, height };
    for (const [name, value] of Object.entries(facts)) shape.setAttribute(name, String(value));
    const told = document.createElementNS(SVG, "title");
    told.textContent = `${day.format(new Date(each.day))}: ${counted.format(each.views)}`;
    shape.append(told);
    return shape;
}

/** @param {HTMLElement} body @param {object[]} listings */
export function drawThings(body, listings) {
    body.replaceChildren(...listings.map(row));
    body.parentElement.hidden = listings.length === 0;
    at("nothing").hidden = listings.length > 0;
}

function row(each) {
    const line = document.createElement("tr");
    const title = made("th", "", each.title);
    title.scope = "row";
    if (!each.is_active) title.append(made("small", "quiet", word("no_longer")));
    line.append(title);
    cell(line, "views", counted.format(each.views));
    cell(line, "favourites", counted.format(each.favourites));
    cell(line, "conversations", counted.format(each.conversations));
    cell(line, "answered", each.conversations === 0 ? NOTHING : share.format(each.replies / each.conversations));
    cell(line, "sold", each.sales.map((sold) => `${counted.format(sold.count)} · ${money(sold)}`).join("\n") || NOTHING);
    return line;
}

/** On a phone the heads of the columns are gone; each cell says its own. */
function cell(line, name, text) {
    const value = made("td", "", text);
    value.dataset.head = word(name);
    line.append(value);
}
