// One question to the server: JSON in and out, with the cookie of the session, and every failure as a Problem.

/** Why there is no answer; status 0 is a server that cannot be reached. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    detail: string,
    /** The whole problem document, such as the newer case of a 412. */
    readonly body: Readonly<Record<string, unknown>> = {},
  ) {
    super(detail);
  }
}

export type Parameters = Readonly<Record<string, string | number | readonly string[] | null | undefined>>;

export interface Options {
  readonly signal?: AbortSignal | undefined;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Answer<T> {
  readonly body: T;
  readonly etag: string | null;
}

/** An address with its parameters; those without a value are left out. */
export function address(path: string, parameters: Parameters = {}): string {
  const sent = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value === null || value === undefined || value === "") continue;
    sent.set(name, typeof value === "object" ? value.join(",") : String(value));
  }
  const query = sent.toString();
  return query === "" ? path : `${path}?${query}`;
}

/** The path of what is asked about one id, which is one segment whatever stands in it. */
export function about(collection: string, id: string): string {
  return `/v1/${collection}/${encodeURIComponent(id)}`;
}

export async function get<T>(path: string, parameters: Parameters = {}, options: Options = {}): Promise<T> {
  return (await send<T>("GET", address(path, parameters), undefined, options)).body;
}

export async function post<T>(path: string, body: unknown, options: Options = {}): Promise<T> {
  return (await send<T>("POST", path, body, options)).body;
}

let whenSignedOut: () => void = () => {};
let whenAnswered: (answer: unknown) => void = () => {};

/** What is done with every answer before it is handed on. */
export function onAnswered(act: (answer: unknown) => void): void {
  whenAnswered = act;
}

/** What is done when the server no longer knows the session. */
export function onSignedOut(act: () => void): void {
  whenSignedOut = act;
}

export async function send<T>(
  method: "GET" | "POST" | "PATCH" | "DELETE",
  path: string,
  body: unknown,
  { signal, headers }: Options = {},
): Promise<Answer<T>> {
  const answer = await reached(path, {
    method,
    credentials: "same-origin",
    signal: signal ?? null,
    headers: {
      Accept: "application/json",
      ...(method === "GET" ? {} : { "X-Kith-Request": "workbench" }),
      ...(body === undefined ? {} : { "Content-Type": "application/json" }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const said = (await answer.json().catch(() => ({}))) as Record<string, unknown>;
  if (answer.ok) whenAnswered(said);
  if (answer.ok) return { body: said as T, etag: answer.headers.get("ETag") };
  if (answer.status === 401) whenSignedOut();
  throw new Problem(answer.status, String(said.detail ?? said.title ?? answer.statusText), said);
}

async function reached(path: string, request: RequestInit): Promise<Response> {
  try {
    return await fetch(path, request);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Problem(0, "");
  }
}
