/** Settings of the server, read from the environment at each request: one image serves every instance. */

const DEFAULT_API_BASE_URL = "http://thumbnail-api:8000";
/** Presigned URLs point to the bucket: `<bucket>.s3.<region>.amazonaws.com`, or another S3 set here. */
const DEFAULT_STORAGE_ORIGIN = "https://*.amazonaws.com";

export function apiBaseUrl(): string {
  return (process.env.API_BASE_URL || DEFAULT_API_BASE_URL).replace(/\/+$/, "");
}

export function storageOrigin(): string {
  return process.env.STORAGE_ORIGIN || DEFAULT_STORAGE_ORIGIN;
}
