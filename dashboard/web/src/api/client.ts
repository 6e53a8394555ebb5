// The only file that calls fetch.

/** What went wrong with a request, in words the page can translate. */
export class ApiError extends Error {
  constructor(
    readonly status: number, // 0: the server could not be reached
    readonly code: string,
    message: string,
    readonly retryAfter = 0, // seconds
  ) {
    super(message);
    this.name = 'ApiError';
  }
  get away(): boolean {
    return this.status === 0 || this.status === 502 || this.status === 503 || this.status === 504;
  }
}

const TIMEOUT_MS = 15_000;

function isRecord(x: unknown): x is Record<string, unknown> {
  return typeof x === 'object' && x !== null;
}

/** Seconds of a Retry-After header, which is a number or a date. */
export function retryAfter(header: string | null, now: number): number {
  if (header === null || header.trim() === '') return 0;
  const seconds = Number(header);
  if (Number.isFinite(seconds)) return Math.max(0, Math.ceil(seconds));
  const date = Date.parse(header);
  return Number.isNaN(date) ? 0 : Math.max(0, Math.ceil((date - now) / 1000));
}

/** The language that the page is shown in now. */
function pageLanguage(): 'zh' | 'en' {
  const root = (globalThis as { document?: { documentElement: { lang: string } } }).document?.documentElement;
  return root?.lang.startsWith('zh') === true ? 'zh' : 'en';
}

async function failure(answer: Response): Promise<ApiError> {
  let code = 'http';
  let message = `HTTP ${answer.status}`;
  try {
    const body: unknown = await answer.json();
    if (isRecord(body) && isRecord(body['error'])) {
      const { code: c, message: m, text } = body['error'];
      if (typeof c === 'string') code = c;
      if (typeof m === 'string' && m !== '') message = m;
      const said = isRecord(text) ? text[pageLanguage()] : undefined;
      if (typeof said === 'string' && said !== '') message = said;
    }
  } catch {
    // Not JSON: a proxy's page. The status says enough.
  }
  return new ApiError(answer.status, code, message, retryAfter(answer.headers.get('Retry-After'), Date.now()));
}

interface Call {
  readonly method?: 'GET' | 'POST' | 'DELETE';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Blob;
  readonly timeoutMs?: number; // a photo over a poor line takes longer
}

/**
 * One call of the gateway's API. Throws ApiError for everything that is not a
 * success. The type is what the contract promises of that path.
 */
export async function call<T>(path: string, { timeoutMs = TIMEOUT_MS, ...init }: Call = {}, signal?: AbortSignal): Promise<T> {
  const limit = AbortSignal.timeout(timeoutMs);
  let answer: Response;
  try {
    answer = await fetch(`/api/v1${path}`, {
      credentials: 'same-origin',
      cache: 'no-store',
      ...init,
      headers: { Accept: 'application/json', ...init.headers },
      signal: signal ? AbortSignal.any([signal, limit]) : limit,
    });
  } catch (e) {
    if (signal?.aborted === true) throw e;
    throw new ApiError(0, 'away', e instanceof Error ? e.message : String(e));
  }
  if (!answer.ok) throw await failure(answer);
  if (answer.status === 204) return undefined as T;
  try {
    return (await answer.json()) as T;
  } catch (e) {
    if (signal?.aborted === true) throw e;
    throw new ApiError(0, 'garbled', e instanceof Error ? e.message : String(e));
  }
}

export function post<T>(path: string, body: unknown): Promise<T> {
  return call<T>(path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
}
