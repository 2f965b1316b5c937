// Requests to the API, and its refusals in plain words.

const PATIENCE_MS = 15_000;
const ANSWER_WITHIN_MS = 8_000;

/** Refusals that are no answer yet: the same request is sent again. */
const PASSING = new Set(['overloaded', 'unavailable', 'starting', 'stopping', 'rate-limited']);

const WORDS = {
  'item-reserved': 'Somebody else holds one of these items. It may become free again.',
  'item-sold': 'One of these items has just been sold.',
  'sold-out': 'Everything in this sale is sold.',
  'limit-reached': 'You have as many items as one user may have in a sale.',
  'checkout-unknown': 'There is no such reservation.',
  'checkout-expired': 'The time of this reservation is over. Its items are free again.',
  'already-purchased': 'You have bought this already.',
  'no-sale': 'No sale is open at the moment.',
  'sale-unknown': 'There is no such sale.',
  'sale-overlaps': 'Another sale is open or planned in this time.',
  'sale-not-open': 'This sale is not open any more.',
  'too-many-sales': 'Too many sales are scheduled already.',
  'unauthorized': 'A token is needed.',
  'invalid-token': 'This token is not accepted, or no longer.',
  'forbidden': 'This token belongs to another user.',
  'overloaded': 'There is too much going on right now. Nothing has been done.',
  'unavailable': 'The database cannot be reached right now. Nothing has been done.',
  'starting': 'The service is starting. Nothing has been done.',
  'stopping': 'This node is stopping. Nothing has been done.',
  'rate-limited': 'Too many requests in a short time. Nothing has been done.',
  'not-found': 'There is nothing here.',
  'unknown': 'No answer came, so nobody knows whether this was done. Try again: it is never done twice.',
};

/** What a refusal means. */
export function inWords(problem) {
  const words = WORDS[problem.code] ?? problem.title ?? 'That did not work.';
  return problem.code === 'invalid-parameter' && problem.detail
    ? `${problem.parameter} ${problem.detail}.`.replace('_', ' ')
    : words;
}

/** 128 random bits: `crypto.randomUUID` exists only where the page came by TLS, or from this machine. */
export function newKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)),
    byte => byte.toString(16).padStart(2, '0')).join('');
}

const pause = milliseconds => new Promise(done => setTimeout(done, milliseconds));

/**
 * Asks once.
 *
 * @param request {method, body (an object, as JSON), form (URLSearchParams), token, key}
 * @returns {ok: true, body, headers} or {ok: false, problem, retryAfter}; never fails
 */
export async function ask(path, request = {}) {
  const headers = { Accept: 'application/json' };
  if (request.token) {
    headers.Authorization = `Bearer ${request.token}`;
  }
  if (request.key) {
    headers['Idempotency-Key'] = request.key;
  }
  if (request.body) {
    headers['Content-Type'] = 'application/json';
  }
  try {
    const response = await fetch(path, {
      method: request.method ?? 'GET',
      headers,
      body: request.body ? JSON.stringify(request.body) : request.form,
      signal: AbortSignal.timeout(request.within ?? ANSWER_WITHIN_MS),
    });
    const type = response.headers.get('Content-Type') ?? '';
    const body = type.includes('json') ? await response.json() : await response.text();
    return response.ok
      ? { ok: true, body, headers: response.headers }
      : {
          ok: false,
          status: response.status,
          body,
          problem: body.code ? body : { code: 'unknown' },
          retryAfter: Number(response.headers.get('Retry-After')) * 1000,
        };
  } catch {
    return { ok: false, status: 0, problem: { code: 'unknown' }, retryAfter: 0 };
  }
}

let unanswered = null; // what was asked last, if nobody knows whether it was done

/**
 * Has something done, once, however often it has to be asked for: each repeat has the key of the first. If no answer comes in
 * the end, doing the same again goes on with that key.
 *
 * @param onWait called when it has to be asked for again
 */
export async function act(path, request, onWait) {
  const what = `${request.method} ${path} ${request.form ?? JSON.stringify(request.body)}`;
  const key = unanswered?.what === what ? unanswered.key : newKey();
  const until = performance.now() + PATIENCE_MS;
  let lost = false;
  for (let attempt = 0; ; attempt++) {
    const answer = await ask(path, { ...request, key });
    const code = answer.problem?.code;
    const unknown = code === 'unknown' || code === 'outcome-unknown' || code === 'idempotency-key-in-use';
    lost ||= unknown;
    if (answer.ok || !(unknown || PASSING.has(code))) {
      unanswered = null;
      return answer;
    }
    if (performance.now() > until) {
      unanswered = lost ? { what, key } : null;
      return lost ? { ...answer, problem: { code: 'unknown' } } : answer;
    }
    onWait?.();
    const backOff = Math.min(4_000, 200 * 2 ** attempt);
    await pause(Math.max(answer.retryAfter || 0, backOff / 2 + Math.random() * backOff / 2));
  }
}
