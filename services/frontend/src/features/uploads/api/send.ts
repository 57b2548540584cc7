/** HTTP request with upload progress, which fetch does not report. */

export interface SendRequest {
  method: "POST" | "PUT";
  url: string;
  body: FormData | Blob;
  headers?: Record<string, string>;
  signal: AbortSignal;
  /** Called with the total of bytes sent. */
  onSent: (bytes: number) => void;
}

export interface SendResponse {
  headers: { get(name: string): string | null };
}

/** Failed request. `isRetryable` is true if the same request may succeed later: no connection, throttled, server error. */
export class SendError extends Error {
  constructor(
    message: string,
    readonly status: number,
  ) {
    super(message);
    this.name = "SendError";
  }

  get isRetryable(): boolean {
    return this.status === 0 || this.status === 408 || this.status === 429 || this.status >= 500;
  }
}

export type Send = (outgoing: SendRequest) => Promise<SendResponse>;

export const sendWithProgress: Send = ({ method, url, body, headers = {}, signal, onSent }) =>
  new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const abort = () => request.abort();
    const finish = (settle: () => void) => {
      signal.removeEventListener("abort", abort);
      settle();
    };
    if (signal.aborted) {
      reject(signal.reason);
      return;
    }
    signal.addEventListener("abort", abort);
    request.upload.onprogress = (event) => onSent(event.loaded);
    request.onload = () => {
      const isGood = request.status >= 200 && request.status < 300;
      finish(() =>
        isGood
          ? resolve({ headers: { get: (name) => request.getResponseHeader(name) } })
          : reject(new SendError(storageMessage(request.responseText), request.status)),
      );
    };
    request.onerror = () => finish(() => reject(new SendError("", 0)));
    request.onabort = () => finish(() => reject(signal.reason));
    request.open(method, url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.send(body);
  });

/** S3 answers in XML: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
function storageMessage(answer: string): string {
  return /<Message>([^<]*)<\/Message>/.exec(answer)?.[1] ?? "";
}
