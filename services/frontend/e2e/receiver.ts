/** A server of the tests that receives webhooks, as a user's own would. */

import { createHmac } from "node:crypto";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";

export interface Message {
  headers: IncomingHttpHeaders;
  body: string;
}

export class Receiver {
  readonly messages: Message[] = [];
  /** Status of the next answers. */
  status = 204;

  private constructor(private readonly server: Server) {}

  static async start(): Promise<Receiver> {
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        receiver.messages.push({ headers: request.headers, body: Buffer.concat(chunks).toString() });
        response.writeHead(receiver.status).end();
      });
    });
    const receiver = new Receiver(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/videos`;
  }

  /** Return the messages about a video, or of a type, in the order of their arrival. */
  about(text: string): Message[] {
    return this.messages.filter(({ body }) => body.includes(text));
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}

/** Return true if a message has a signature of the secret: https://www.standardwebhooks.com */
export function isSigned({ headers, body }: Message, secret: string): boolean {
  const key = Buffer.from(secret.replace("whsec_", ""), "base64");
  const signed = `${String(headers["webhook-id"])}.${String(headers["webhook-timestamp"])}.${body}`;
  const signature = `v1,${createHmac("sha256", key).update(signed).digest("base64")}`;
  return String(headers["webhook-signature"]).split(" ").includes(signature);
}
