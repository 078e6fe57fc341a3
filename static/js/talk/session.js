/**
 * Who is signed in in this tab, and requests in their name.
 *
 * The tokens are in sessionStorage: a reload keeps them, a closed tab forgets them, and no other tab renews the same
 * ones at the same time.
 */

/** Nobody is signed in any more: only a password helps. */
export class SignedOut extends Error {}

/** What the API answered instead of what was asked for. */
export class Refusal extends Error {
    /** @param {number} status @param {{code?: string, detail?: unknown}} body @param {number} [retryAfter] seconds */
    constructor(status, body, retryAfter) {
        super(typeof body.detail === "string" ? body.detail : `HTTP ${status}`);
        this.status = status;
        this.code = body.code ?? "";
        this.retryAfter = retryAfter;
    }
}

const ASK_MS = 15_000;

export class Session {
    #tokens = null;
    #renewing = null;

    /** @param {{base?: string, store?: Storage, key?: string}} [options] */
    constructor({ base = location.origin, store = sessionStorage, key = "market.session" } = {}) {
        this.base = base;
        this.store = store;
        this.key = key;
        this.#tokens = JSON.parse(store.getItem(key) ?? "null");
    }

    get isSignedIn() {
        return this.#tokens !== null;
    }

    /** @returns {string} the token that is good now, as far as this side knows */
    get token() {
        if (this.#tokens === null) throw new SignedOut();
        return this.#tokens.access_token;
    }

    /** @param {string} name user name or e-mail address @param {string} password */
    async signIn(name, password) {
        this.#keep(await this.#fetch("POST", "/v1/auth/login", { email: name, password }));
    }

    /** From here at once; there, as far as the server can be reached. */
    async signOut() {
        const tokens = this.#tokens;
        this.#keep(null);
        if (tokens === null) return;
        try {
            await this.#fetch("POST", "/v1/auth/logout", {}, tokens.access_token);
        } catch {
            // away, or the token has ended: what is left of the session there ends by itself
        }
    }

    /** New tokens for old. Who asks while that is under way waits for the same ones. */
    renew() {
        this.#renewing ??= this.#renew().finally(() => {
            this.#renewing = null;
        });
        return this.#renewing;
    }

    async #renew() {
        const old = this.#tokens;
        if (old === null) throw new SignedOut();
        try {
            const tokens = await this.#fetch("POST", "/v1/auth/refresh", { refresh_token: old.refresh_token });
            if (this.#tokens === old) this.#keep(tokens);
        } catch (error) {
            if (!(error instanceof Refusal) || ![401, 403, 422].includes(error.status)) throw error;
            if (this.#tokens === old) this.#keep(null);
        }
        if (this.#tokens === null) throw new SignedOut();
    }

    #keep(tokens) {
        this.#tokens = tokens;
        if (tokens === null) this.store.removeItem(this.key);
        else this.store.setItem(this.key, JSON.stringify(tokens));
    }

    /**
     * A request with the token; with a new one when the old has ended.
     * @param {string} method @param {string} path @param {unknown} [body]
     */
    async ask(method, path, body) {
        const token = this.token;
        try {
            return await this.#fetch(method, path, body, token);
        } catch (error) {
            if (!(error instanceof Refusal) || error.status !== 401) throw error;
        }
        if (this.token === token) await this.renew();
        return this.#fetch(method, path, body, this.token);
    }

    async #fetch(method, path, body, token) {
        const headers = { Accept: "application/json" };
        if (token !== undefined) headers.Authorization = `Bearer ${token}`;
        if (body !== undefined) headers["Content-Type"] = "application/json";
        const signal = AbortSignal.timeout(ASK_MS);
        const reply = await fetch(this.base + path, { method, headers, body: JSON.stringify(body), signal });
        const text = await reply.text();
        if (reply.ok) return text === "" ? null : JSON.parse(text);
        throw new Refusal(reply.status, readable(text), Number(reply.headers.get("Retry-After")) || undefined);
    }
}

/** A proxy's own error page is no JSON. */
function readable(text) {
    try {
        return JSON.parse(text) ?? {};
    } catch {
        return {};
    }
}
