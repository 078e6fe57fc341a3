/** `/dashboard`: every question asked for the days that are chosen, each drawn when its answer comes. */
import { bars, leading } from "./chart.js";

const facts = JSON.parse(document.getElementById("facts").textContent);
const language = document.documentElement.lang;
const whole = new Intl.NumberFormat(language, { maximumFractionDigits: 2 });
const short = new Intl.NumberFormat(language, { notation: "compact", maximumFractionDigits: 1 });
const DAY_MS = 86_400_000;
const USUAL_DAYS = 30;
const at = (id) => document.getElementById(id);
const dayOf = (ms) => new Date(ms).toISOString().slice(0, 10);
let turn = 0; // an answer to what was asked before is not drawn any more

function made(tag, text = "") {
    const element = document.createElement(tag);
    element.textContent = text;
    return element;
}

/** `message` is in the reader's language. */
class Untold extends Error {}

const SAID = { invalid_datetime: "no_day", window_too_long: "too_long" };

async function ask(name, { first, last }) {
    const end = dayOf(Date.parse(last) + DAY_MS);
    const reply = await fetch(`/dashboard/numbers/${name}?${new URLSearchParams({ start: first, end })}`);
    if (reply.status === 401) throw new Untold(facts.words.signed_out);
    const body = await reply.json();
    if (!reply.ok) throw new Untold(facts.words[SAID[body.code] ?? "no_answer"]);
    return body;
}

/** A value as people read it: categories have names, money has no cents. */
function shown(column, value) {
    if (value === null) return facts.words.none;
    if (column === "category_id") return facts.categories[value] ?? value;
    if (column === "gmv_cents") return whole.format(value / 100);
    return typeof value === "number" ? whole.format(value) : value;
}

function daysBetween({ first, last }) {
    const days = [];
    for (let ms = Date.parse(first); ms <= Date.parse(last); ms += DAY_MS) days.push(dayOf(ms));
    return days;
}

function draw(place, chart, rows, range) {
    const [status, figure, details] = ["p", "figure", "details"].map((tag) => place.querySelector(tag));
    figure.replaceChildren();
    details.hidden = rows.length === 0;
    details.querySelector("div").replaceChildren(tableOf(chart, rows));
    const scale = chart.cents ? 100 : 1;
    const told = rows.map((row) => ({
        x: row[chart.x] ?? facts.words.none,
        group: chart.group ? shown(chart.group, row[chart.group]) : "",
        value: row[chart.y] / scale,
    }));
    const total = told.reduce((sum, { value }) => sum + value, 0);
    if (rows.length === 0) {
        status.textContent = facts.words.nothing;
        return;
    }
    status.textContent = chart.sums ? facts.words.total.replace("{total}", whole.format(total)) : "";
    const { groups, of } = leading(told, facts.words.others);
    const xs = chart.x === "day" ? daysBetween(range) : [...new Set(told.map(({ x }) => x))];
    figure.append(bars(told, { xs, groups, of, title: chart.title, width: figure.clientWidth, say: (n) => short.format(n) }));
    if (chart.group) figure.append(legendOf(groups));
}

function legendOf(groups) {
    const list = made("ul");
    groups.forEach((group, number) => {
        const item = made("li", group);
        item.className = `group-${number}`;
        list.append(item);
    });
    return list;
}

function tableOf(chart, rows) {
    const table = made("table");
    const head = table.createTHead().insertRow();
    for (const column of chart.columns) {
        const cell = made("th", facts.columns[column]);
        cell.scope = "col";
        head.append(cell);
    }
    const body = table.createTBody();
    for (const row of rows) {
        const line = body.insertRow();
        for (const column of chart.columns) line.insertCell().textContent = shown(column, row[column]);
    }
    return table;
}

async function show(chart, range, mine) {
    const place = at(`chart-${chart.name}`);
    place.setAttribute("aria-busy", "true");
    try {
        const rows = await ask(chart.name, range);
        if (mine === turn) draw(place, chart, rows, range);
    } catch (error) {
        if (mine !== turn) return;
        place.querySelector("figure").replaceChildren();
        place.querySelector("details").hidden = true;
        place.querySelector("p").textContent = facts.words.failed;
        at("problem").textContent = error instanceof Untold ? error.message : facts.words.no_answer;
    } finally {
        if (mine === turn) place.setAttribute("aria-busy", "false");
    }
}

function showAll() {
    const [first, last] = [at("first").value, at("last").value].sort(); // given the wrong way round, they mean the same
    const range = { first, last };
    Object.entries(range).forEach(([name, day]) => (at(name).value = day));
    const mine = ++turn;
    at("problem").textContent = "";
    history.replaceState(null, "", `?${new URLSearchParams(range)}`);
    document.querySelector(".languages [name=next]").value = location.pathname + location.search;
    for (const chart of facts.charts) show(chart, range, mine);
}

const chosen = new URLSearchParams(location.search);
const usual = { first: dayOf(Date.now() - (USUAL_DAYS - 1) * DAY_MS), last: dayOf(Date.now()) };
for (const [name, day] of Object.entries(usual)) {
    at(name).value = chosen.get(name) ?? "";
    at(name).value ||= day; // also for what is no day
}
at("range").addEventListener("submit", (event) => {
    event.preventDefault();
    showAll();
});
showAll();
