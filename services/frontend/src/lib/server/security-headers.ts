/** Security headers of every answer. Pure. */

export interface PolicyOptions {
  nonce: string;
  /** Origins of presigned URLs, for thumbnails and uploads. */
  storageOrigin: string;
  isDevelopment: boolean;
}

export function contentSecurityPolicy({ nonce, storageOrigin, isDevelopment }: PolicyOptions): string {
  // React's development build evaluates code for stack traces, and hot reload adds style elements.
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

/** Sent over HTTPS only: browsers ignore it otherwise. */
export const STRICT_TRANSPORT = "max-age=31536000; includeSubDomains";
