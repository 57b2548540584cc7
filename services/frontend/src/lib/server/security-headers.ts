/** What browsers are told of every answer. Pure: given the nonce and where pictures come from. */

export interface PolicyOptions {
  nonce: string;
  /** Origin of presigned URLs: thumbnails are shown from there, videos are uploaded to it. */
  storageOrigin: string;
  isDevelopment: boolean;
}

export function contentSecurityPolicy({ nonce, storageOrigin, isDevelopment }: PolicyOptions): string {
  // React's development build evaluates code for its stack traces, and the hot reload adds style elements.
  const evaluation = isDevelopment ? " 'unsafe-eval'" : "";
  const styles = isDevelopment ? "'unsafe-inline'" : `'nonce-${nonce}'`;
  return [
    "default-src 'self'",
    `script-src 'self' 'nonce-${nonce}' 'strict-dynamic'${evaluation}`,
    `style-src 'self' ${styles}`,
    `img-src 'self' data: blob: ${storageOrigin}`,
    `connect-src 'self' ${storageOrigin}`,
    "font-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join("; ");
}

export const FIXED_HEADERS: Readonly<Record<string, string>> = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
  "Referrer-Policy": "same-origin",
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "DENY",
};

/** Only said under HTTPS: browsers ignore it elsewhere, and so does the demo. */
export const STRICT_TRANSPORT = "max-age=31536000; includeSubDomains";
