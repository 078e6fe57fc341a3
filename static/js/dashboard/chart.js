/** Bars, stacked by group, as SVG. The table beside it holds the same numbers for who cannot see them. */

const SVG = "http://www.w3.org/2000/svg";
const HEIGHT = 220;
const LEFT = 56;
const BOTTOM = 26;
const TOP = 10;
const LABEL = 72; // pixels that a label takes
const WIDEST_BAR = 56;
const MOST_GROUPS = 6;
const STEPS = [1, 2, 2.5, 5, 10];

/** @param {string} tag @param {Record<string, string | number>} facts @param {string} [text] */
function drawn(tag, facts, text) {
    const element = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(facts)) element.setAttribute(name, String(value));
    if (text !== undefined) element.textContent = text;
    return element;
}

/** The largest groups by themselves, and what is left as one. @param {{group: string, value: number}[]} rows */
export function leading(rows, others) {
    const totals = new Map();
    for (const { group, value } of rows) totals.set(group, (totals.get(group) ?? 0) + value);
    const inOrder = [...totals.keys()].sort((one, two) => totals.get(two) - totals.get(one));
    if (inOrder.length <= MOST_GROUPS) return { groups: inOrder, of: (group) => group };
    const shown = new Set(inOrder.slice(0, MOST_GROUPS - 1));
    const rest = shown.has(others) ? `${others} (…)` : others; // an app may call a button by that very word
    return { groups: [...shown, rest], of: (group) => (shown.has(group) ? group : rest) };
}

/** A round number that is at least as high. */
export function ceiling(highest) {
    const unit = 10 ** Math.floor(Math.log10(highest || 1));
    return unit * STEPS.find((step) => step * unit >= (highest || 1));
}

/**
 * @param {{x: string, group: string, value: number}[]} rows
 * @param {{xs: string[], groups: string[], of: (group: string) => string, title: string,
 *   width: number, say: (n: number) => string}} how in pixels
 */
export function bars(rows, { xs, groups, of, title, width, say }) {
    const stacks = new Map(xs.map((x) => [x, new Map()]));
    for (const { x, group, value } of rows) {
        const stack = stacks.get(x);
        stack.set(of(group), (stack.get(of(group)) ?? 0) + value);
    }
    const heights = [...stacks.values()].map((stack) => [...stack.values()].reduce((sum, value) => sum + value, 0));
    const top = ceiling(Math.max(...heights));
    const height = (value) => ((HEIGHT - BOTTOM - TOP) * value) / top;
    const svg = drawn("svg", { viewBox: `0 0 ${width} ${HEIGHT}`, role: "img", "aria-label": title });
    for (const part of [0, 0.5, 1]) {
        const y = HEIGHT - BOTTOM - height(top * part);
        svg.append(drawn("line", { class: "grid", x1: LEFT, x2: width, y1: y, y2: y }));
        svg.append(drawn("text", { x: LEFT - 6, y: y + 4, "text-anchor": "end" }, say(top * part)));
    }
    const step = (width - LEFT) / xs.length;
    const wide = Math.min(step * 0.8, WIDEST_BAR);
    const everySo = Math.ceil(LABEL / step);
    xs.forEach((x, n) => {
        let y = HEIGHT - BOTTOM;
        for (const [number, group] of groups.entries()) {
            const value = stacks.get(x).get(group) ?? 0;
            if (value === 0) continue;
            y -= height(value);
            const place = { x: LEFT + (n + 0.5) * step - wide / 2, y, width: wide, height: height(value) };
            const bar = drawn("rect", { class: `group-${number}`, ...place });
            bar.append(drawn("title", {}, [x, group, say(value)].filter(Boolean).join(" · ")));
            svg.append(bar);
        }
        if (n % everySo === 0) {
            svg.append(drawn("text", { x: LEFT + (n + 0.5) * step, y: HEIGHT - 8, "text-anchor": "middle" }, shortened(x)));
        }
    });
    return svg;
}

/** Of a day its month and day; of a long name its beginning. */
function shortened(x) {
    if (/^\d{4}-\d\d-\d\d$/.test(x)) return x.slice(5);
    return x.length > 14 ? `${x.slice(0, 13)}…` : x;
}
