// Generated from the api's OpenAPI document: ./noxw generate. Do not edit.

export interface paths {
    "/api/config": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Get the configuration for clients */
        get: operations["getConfig"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/cost": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Estimate the cost of this month
         * @description Estimate the cost of the month so far: measured usage times the unit prices of COST_PRICES.
         *
         *     Measured are videos, their processing and the stored bytes. The hours of workers are estimated from them, and the
         *     rest is a fixed sum a month.
         */
        get: operations["getCost"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/dead-letters": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the dead letters
         * @description List the dead-letter queue. Its messages are hidden from others for a moment.
         */
        get: operations["listDeadLetters"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/dead-letters/redrive": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Redrive dead letters
         * @description Send dead letters to the queue again, at most `limit`. Each is first sent, then deleted.
         */
        post: operations["redrive"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/deliveries": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List deliveries of events
         * @description List the deliveries of the kept events. While events are off, the list is empty.
         */
        get: operations["listDeliveries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/deliveries/{delivery_id}/replays": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Replay a delivery
         * @description Send an event again to one webhook, with the same `webhook-id`; a pending one is attempted now.
         */
        post: operations["replayDelivery"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/history": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get the history of a range
         * @description Return success rate, throughput, waiting times and failures, as a total and over time.
         *
         *     The points are minutes (`1h`), quarters of an hour (`24h`), hours (`7d`) or days (`30d`), in UTC. The figures do not
         *     depend on whether somebody looks, and include the current moment.
         */
        get: operations["getHistory"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/jobs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List the latest jobs */
        get: operations["listJobs"];
        put?: never;
        /**
         * Change many videos
         * @description Change the videos in `keys`, or all that match the `filter` when the job begins.
         *
         *     A job can delete, regenerate, retry or dismiss videos, restore deleted ones, and undismiss dismissed failures.
         *
         *     The job is in the table: if its process ends, another one continues it. A video that is refused gets its reason, and
         *     the others go on. At most five jobs run at once.
         */
        post: operations["createJob"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/jobs/{job_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Get a job with its progress */
        get: operations["getJob"];
        put?: never;
        post?: never;
        /**
         * Cancel a job
         * @description End a job after at most 50 more videos. What it has changed stays.
         */
        delete: operations["cancelJob"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/jobs/{job_id}/undo": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Undo a job
         * @description Start a job that restores what a job has deleted, or undismisses what it has dismissed.
         *
         *     It is possible once, for the latest 20 jobs of at most 50,000 videos. Uploads that were deleted return only if the
         *     bucket keeps their versions.
         */
        post: operations["undoJob"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/logs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List log lines
         * @description List log lines of worker, api and dashboard, the newest first.
         *
         *     A page ends early if there are too many lines to read at once: `read_since` is how far it reaches, and a request
         *     with `until` set to `next_until` continues. 409: this instance has no source of logs.
         */
        get: operations["listLogs"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Metrics of the pipeline
         * @description Return figures from the table's totals at the last tick. The cost does not depend on the number of videos.
         */
        get: operations["getMetrics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/pods": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Pods
         * @description Return the pods of the pipeline by component, on one machine its processes.
         */
        get: operations["getPods"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/processing": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Get whether processing is paused */
        get: operations["getProcessing"];
        /**
         * Pause or resume processing
         * @description Pause or resume all workers, also those that start later. Repeating the request changes nothing.
         *
         *     A worker follows within seconds. It finishes its videos, and those that a poll returns which began before the pause
         *     (up to 20 s). Uploads go on and wait in the queue, until `oldest_expires_at`.
         */
        put: operations["setProcessing"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/purge": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Preview a purge
         * @description Count the objects to delete, and return the confirmation for a purge of exactly these.
         */
        get: operations["previewPurge"];
        put?: never;
        post?: never;
        /**
         * Delete all videos and thumbnails
         * @description Delete the counted objects in all versions, with records, totals and dead letters. It cannot be undone.
         *
         *     If the process of a purge ends, another process continues it. 428: the confirmation is missing, forged, expired or
         *     used, and nothing was deleted.
         */
        delete: operations["purge"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/purges": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List the latest purges */
        get: operations["listPurges"];
        put?: never;
        /**
         * Start a purge
         * @description Delete the objects that `GET /api/purge` has counted, with records, totals and dead letters.
         *
         *     If the process of a purge ends, another process continues it. The same confirmation returns the same purge. 428: the
         *     confirmation is forged, expired or used, and nothing was deleted.
         */
        post: operations["createPurge"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/purges/{purge_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Get a purge with its progress */
        get: operations["getPurge"];
        put?: never;
        post?: never;
        /**
         * Cancel a purge
         * @description Delete no more uploads. What is deleted stays deleted: the purge finishes with the records and thumbnails of it.
         *
         *     The run stops within seconds, after at most a thousand more versions.
         */
        delete: operations["cancelPurge"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/queue": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Depth of the queue
         * @description Return the depth at the last tick and over the last five minutes. 503 while the queue does not answer.
         */
        get: operations["getQueue"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/reconciliations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the latest reconciliation
         * @description Return the running or latest reconciliation: a dry run or a run.
         */
        get: operations["listReconciliations"];
        put?: never;
        /**
         * Reconcile thumbnails and uploads
         * @description Start a dry run, which counts what a run would change, or with its confirmation the run.
         *
         *     A run queues each video without its thumbnails, removes records and thumbnails without a video, and keeps the rest.
         *     If its process ends, another process continues it. 428: the confirmation is missing, expired, or not of the latest
         *     dry run, and nothing was changed.
         */
        post: operations["startReconciliation"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/reconciliations/{identity}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Get a reconciliation */
        get: operations["getReconciliation"];
        put?: never;
        post?: never;
        /**
         * Cancel a reconciliation
         * @description Ask a running reconciliation to stop. Its changes stay; another one does the rest.
         */
        delete: operations["cancelReconciliation"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/session": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Get the session */
        get: operations["getSession"];
        put?: never;
        /**
         * Log in
         * @description Set a session cookie for a caller with a valid token. An address must wait after ten wrong tokens.
         */
        post: operations["login"];
        /**
         * Log out
         * @description End the session in all processes within seconds, close its WebSockets, and delete its cookie.
         */
        delete: operations["logout"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/settings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get the settings in force
         * @description Return every setting of worker, api and frames with its value, its source and its meaning.
         *
         *     Secrets have no value. Worker and frames publish their settings in the videos table, some seconds after their start.
         *     While the table does not answer, only the api has settings here.
         */
        get: operations["getSettings"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/state": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get the state that /ws pushes
         * @description Return the state of the last tick, for clients without WebSockets.
         */
        get: operations["getState"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Test the pipeline
         * @description Copy the videos of the test bucket, at most 50, to the uploads. The answer has their keys.
         */
        post: operations["testPipeline"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/thumbnails": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List thumbnails, the newest first
         * @description List thumbnails. Their URLs are valid for `URL_LIFETIME_S`, and stay the same for minutes, for browser caches.
         */
        get: operations["listThumbnails"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/tokens": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the API tokens
         * @description List all API tokens, without their values. The tokens of the pipeline's own secret are not among them.
         */
        get: operations["listTokens"];
        put?: never;
        /**
         * Create an API token
         * @description Create a token for a program. The answer has its value, which cannot be read again.
         */
        post: operations["createToken"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/tokens/{token_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Revoke an API token
         * @description Revoke a token: within seconds no process accepts it, and its WebSockets are closed.
         */
        delete: operations["revokeToken"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/uploads": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Begin an upload
         * @description Return a form for a POST of the file, or begin a multipart upload of a large one.
         *
         *     It never overwrites another video unless `overwrite` is set.
         */
        post: operations["createUpload"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/uploads/abort": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Abort a multipart upload
         * @description Delete the upload and its parts.
         */
        post: operations["abortUpload"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/uploads/complete": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Complete a multipart upload
         * @description Make one object of the parts; S3 then notifies the queue. May be sent again if the answer was lost.
         */
        post: operations["completeUpload"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/uploads/part-urls": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Get URLs for parts
         * @description Return URLs to PUT parts to, valid for an hour at most. Request later parts later.
         */
        post: operations["signParts"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/videos": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List videos, the newest or the oldest first */
        get: operations["listVideos"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/videos/{key}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a video with its timeline
         * @description Return a video. 404 until a worker has received it for the first time.
         */
        get: operations["getVideo"];
        put?: never;
        post?: never;
        /**
         * Delete a video
         * @description Delete the record and all pictures of a video, and with `upload=true` also the upload.
         *
         *     Without it, the upload stays and the video is `deleted`: no late event and no reindex makes its thumbnails again,
         *     only a new upload of the file or a restoration does. If a worker is processing the video, the request waits for its
         *     end for 10 s, and is then answered with 409.
         */
        delete: operations["deleteVideo"];
        options?: never;
        head?: never;
        /**
         * Choose the poster of a video
         * @description Pin the poster of a video to a time or a candidate, or let it be chosen again.
         *
         *     A worker makes it with the video's next attempt, which is queued at once. The pin survives retries, regenerations
         *     and reconciliations, until it is changed or the video has other content.
         */
        patch: operations["changeVideo"];
        trace?: never;
    };
    "/api/videos/{key}/dismissal": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Dismiss the failure of a video
         * @description Mark the failure as seen: the video becomes `dismissed`, and its dead letter is deleted.
         *
         *     It is no longer counted as failed, and raises no alarm. It can still be retried. A dead letter whose video has
         *     neither a record nor an upload is deleted too.
         */
        post: operations["dismissFailure"];
        /**
         * Undo a dismissal
         * @description Make the video failed again, with a dead letter of the same reason.
         */
        delete: operations["undoDismissal"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/videos/{key}/frame-urls": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Get URLs of frames of a video
         * @description Return a signed URL for each frame: the one that players show at a time, made when the URL is first used.
         *
         *     It changes nothing. 409 if the pipeline has no frames service.
         */
        post: operations["signFrameUrls"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/videos/{key}/regenerations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Make the thumbnails of a video again
         * @description Queue a video for new thumbnails with the present settings of the workers, or with options of its own.
         *
         *     Its options stay until it is regenerated again or has other content. If the attempts fail, the video keeps its
         *     present thumbnails and its state, and the failure is in `attempts`. Only if a worker has begun to store new
         *     thumbnails and cannot finish, the video is failed and lists none. A failed video is retried, and a deleted one is
         *     restored.
         */
        post: operations["regenerateVideo"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/videos/{key}/restoration": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Restore a deleted video
         * @description Undo a deletion: bring the upload back from the bucket's versions if needed, and queue it for new thumbnails.
         */
        post: operations["restoreVideo"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/videos/{key}/retry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Retry a video
         * @description Queue a failed video again, or one whose thumbnails are lost: its dead letter if it has one, else a new event.
         */
        post: operations["retryVideo"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/videos/counts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Count videos by state
         * @description Count the videos of a filter, dismissed ones included: those that a job with this filter would change.
         */
        get: operations["countVideos"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/webhooks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the webhooks
         * @description List all webhooks, without their secrets. While events are off, the list is empty.
         */
        get: operations["listWebhooks"];
        put?: never;
        /**
         * Create a webhook
         * @description Create a webhook. It gets the events from now on. The answer has its secret, which cannot be read again.
         */
        post: operations["createWebhook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/webhooks/{webhook_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Delete a webhook
         * @description Delete a webhook. Its pending deliveries end; their list stays as long as their events.
         */
        delete: operations["deleteWebhook"];
        options?: never;
        head?: never;
        /**
         * Change a webhook
         * @description Change the given fields; within seconds they hold for all deliveries, pending ones included.
         */
        patch: operations["changeWebhook"];
        trace?: never;
    };
    "/api/webhooks/{webhook_id}/replays": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Replay a time window
         * @description Send the kept events of a time window to a webhook again: those that match it, in the order of each video.
         *
         *     At most 1,000 events; 422 if the window has more, and then nothing is sent.
         */
        post: operations["replayWindow"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/webhooks/{webhook_id}/secrets": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Rotate the secret of a webhook
         * @description Make a new secret. For 24 hours, each message also has a signature of the previous one.
         */
        post: operations["rotateWebhookSecret"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/webhooks/{webhook_id}/tests": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send a test message
         * @description Send a signed `webhook.test` message now, once, and return the status of the answer.
         */
        post: operations["testWebhook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/health": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Liveness
         * @description Return 200 while the process runs, whatever the state of AWS is.
         */
        get: operations["getHealth"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/health/ready": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Readiness
         * @description Return 200 if queue, bucket and table answer, otherwise 503. They are checked at most once in five seconds.
         */
        get: operations["getReadiness"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/t/{key}/{number}.jpg": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a thumbnail by its stable URL
         * @description Redirect to the thumbnail. The signature in the URL replaces a login.
         *
         *     404 has `Retry-After` while the video waits or is processed: the URL can be used before the thumbnail exists.
         */
        get: operations["getPicture"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** ApiToken */
        ApiToken: {
            /** Format: date-time */
            created_at: string;
            /** @description Null if it does not expire. */
            expires_at: string | null;
            has_expired: boolean;
            /** @example 5f2d0c9a1b3e4d67 */
            id: string;
            /** @description Accurate to a minute; null if it was never used. */
            last_used_at: string | null;
            /** @example website */
            name: string;
            /** @enum {string} */
            scope: "read" | "act" | "admin";
        };
        /** ApiTokenRequest */
        ApiTokenRequest: {
            /**
             * @description Lifetime in days; null for a token that does not expire.
             * @default 90
             */
            expires_in_days?: number | null;
            /**
             * @description Name that lists of tokens show.
             * @example website
             */
            name: string;
            /**
             * @description read: as a viewer. act: as an operator. admin: also make and revoke API tokens.
             * @example read
             * @enum {string}
             */
            scope: "read" | "act" | "admin";
        };
        /** ApiTokens */
        ApiTokens: {
            /** @description All API tokens, the newest first, with expired ones. */
            items: components["schemas"]["ApiToken"][];
        };
        /**
         * Attempt
         * @description One attempt at a video.
         */
        Attempt: {
            /** @description Null if it runs or has left no result. */
            ended_at: string | null;
            /** @example 2 */
            number: number;
            /** @description Options that a request has chosen for it; null for none. */
            options: components["schemas"]["ThumbnailOverrides"] | null;
            reason: string | null;
            reason_code: components["schemas"]["ReasonCode"] | null;
            /** Format: date-time */
            started_at: string;
            /** @description State that the attempt has led to; `processing` if it runs or has left no result, because its worker died or AWS did not answer. */
            state: components["schemas"]["VideoState"];
            /** @description Name of the pod; empty if no worker wrote the record. */
            worker: string;
        };
        /** BrokenRule */
        BrokenRule: {
            /** @description Place in the request: body, query or path, and the names below it. */
            field: string;
            /** @description Rule for the value. */
            rule: string;
            /**
             * @description Value as JSON, cut to 200 characters; null for objects, lists and tokens.
             * @default null
             */
            value: string | null;
        };
        /** CompleteRequest */
        CompleteRequest: {
            /** @example uploads/trip/harbour.mp4 */
            key: string;
            parts: components["schemas"]["UploadedPart"][];
            /** @example 2~VmFsaWRVcGxvYWRJZA */
            upload_id: string;
        };
        /**
         * Config
         * @description Configuration for clients, so that they need no constants of their own.
         */
        Config: {
            /** @enum {string} */
            auth_mode: "token" | "oidc" | "none";
            /** @description True if there is a bucket for Test Pipeline. */
            can_test: boolean;
            /**
             * @description Extensions of videos, lower case.
             * @example [
             *       ".mp4",
             *       ".mov"
             *     ]
             */
            extensions: string[];
            /** @description True if `POST /api/videos/{key}/frame-urls` has a frames service. */
            has_frames: boolean;
            /** @description True if `GET /api/logs` has a source. */
            has_logs: boolean;
            /**
             * @description Length of the queue's history in seconds.
             * @example 300
             */
            history_s: number;
            /**
             * @description Seconds between two samples of the history.
             * @example 5
             */
            history_step_s: number;
            /**
             * @description Attempts before a video counts as failed.
             * @example 5
             */
            max_receive_count: number;
            /**
             * @description Size from which uploads are sent in parts.
             * @example 104857600
             */
            multipart_from_bytes: number;
            /**
             * @description Name of the pipeline; a purge asks people to type it.
             * @example thumbnails
             */
            name: string;
            /**
             * @description Maximum number of entries of one page.
             * @example 200
             */
            page_max: number;
            /**
             * @description Positions of the thumbnails in percent.
             * @example [
             *       10,
             *       50,
             *       95
             *     ]
             */
            positions_pct: number[];
            /**
             * @description Seconds between two messages over /ws.
             * @example 5
             */
            push_interval_s: number;
            /**
             * @description Role of the caller.
             * @enum {string}
             */
            role: "viewer" | "operator";
            /** @example 10737418240 */
            upload_max_bytes: number;
            /** @example 0.1.0 */
            version: string;
        };
        /**
         * Cost
         * @description Estimate of the cost of this month, which began at `month`. It is no bill: taxes, discounts, free allowances and
         *     everything else in the account are unknown.
         */
        Cost: {
            /** Format: date-time */
            at: string;
            /** @description True if the pipeline runs on one machine, which costs nothing: then `usd` is what the same would cost in AWS. */
            is_local: boolean;
            /**
             * Format: date-time
             * @description Beginning of the month, in UTC.
             */
            month: string;
            prices: components["schemas"]["UnitPrices"] | null;
            /**
             * Format: date-time
             * @description Beginning of the measurement: that of the month, or of the pipeline's history if that is later.
             */
            since: string;
            usage: components["schemas"]["Usage"];
            /** @description Null if COST_PRICES is not set. */
            usd: components["schemas"]["CostParts"] | null;
        };
        /**
         * CostParts
         * @description US dollars of the month so far.
         */
        CostParts: {
            /** @description Cluster, network, api and dashboard, by the time since `since`. */
            fixed: number;
            /** @description Requests, data and logs of the videos. */
            requests: number;
            /** @description What is stored at this moment, as if it had been so since `since`. */
            storage: number;
            total: number;
            workers: number;
        };
        /** CreatedApiToken */
        CreatedApiToken: {
            /** Format: date-time */
            created_at: string;
            /** @description Null if it does not expire. */
            expires_at: string | null;
            has_expired: boolean;
            /** @example 5f2d0c9a1b3e4d67 */
            id: string;
            /** @description Accurate to a minute; null if it was never used. */
            last_used_at: string | null;
            /** @example website */
            name: string;
            /** @enum {string} */
            scope: "read" | "act" | "admin";
            /**
             * @description Value for `Authorization: Bearer`. It is shown this once: the pipeline stores only its hash.
             * @example tnp_9b2cf535f27731c974343645a3985328
             */
            token: string;
        };
        /** CreatedWebhook */
        CreatedWebhook: {
            /** Format: date-time */
            created_at: string;
            /** @example Media library */
            description: string;
            /**
             * @description Reason why the pipeline has switched it off; null if it is on, or if a person switched it off.
             * @example The target has answered 410 Gone.
             */
            disabled_reason: string | null;
            enabled: boolean;
            /** @example 9f86d081884c7d65 */
            id: string;
            /**
             * @description Only videos whose key begins with this; all when empty.
             * @example uploads/trip/
             */
            prefix: string;
            /** @description Time until which messages have a signature of the previous secret too; null if none is valid. */
            previous_secret_until: string | null;
            /**
             * @description Secret that signs its messages. It is shown this once, and after a rotation.
             * @example whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw
             */
            secret: string;
            /**
             * @description Number of the current secret, counted from 1.
             * @example 1
             */
            secret_version: number;
            /**
             * @description Only events of these ends.
             * @example [
             *       "done",
             *       "failed"
             *     ]
             */
            states: ("done" | "failed" | "deleted")[];
            /**
             * @description Address; for callers that are no admins, only its scheme and host, as a path can contain a secret.
             * @example https://hooks.example.com/videos
             */
            url: string;
        };
        /** DeadLetter */
        DeadLetter: {
            /** Format: date-time */
            at: string;
            /** @description Attempts of the video; null if SQS moved the message itself. */
            attempts: number | null;
            /** @example 0f0e2a1c-5d0c-4f1e-9a57-3f4f7f1f7c11 */
            id: string;
            /** @description Key of the upload; empty if the message is not a notification. */
            key: string;
            /** @example The file ends before its index. */
            reason: string;
            reason_code: components["schemas"]["ReasonCode"];
            /** @description False if the file is the reason: another attempt ends in the same way. */
            retryable: boolean;
        };
        /** DeadLetterGroup */
        DeadLetterGroup: {
            /** @example 3 */
            count: number;
            /** @description Reason of the latest of them. */
            example: string;
            reason_code: components["schemas"]["ReasonCode"];
            /** @description False if the files are the reason: a redrive ends in the same way. */
            retryable: boolean;
        };
        /** DeadLetters */
        DeadLetters: {
            /** @description Listed letters by reason, largest group first. */
            groups: components["schemas"]["DeadLetterGroup"][];
            /** @description False if there are more than are listed. */
            is_complete: boolean;
            /** @description Newest first, at most 500. */
            items: components["schemas"]["DeadLetter"][];
            /** @description Approximate number of messages in the dead-letter queue, from SQS. */
            total: number;
        };
        /**
         * Deleted
         * @description A deleted video.
         */
        Deleted: {
            /** @example uploads/trip/harbour.mp4 */
            key: string;
            /** @description True if `POST /api/videos/{key}/restoration` can undo it: the upload stays, or the bucket keeps its versions. */
            restorable: boolean;
            /** @description True if the upload was deleted too. */
            upload_deleted: boolean;
        };
        /** DeliveryAttempt */
        DeliveryAttempt: {
            /** Format: date-time */
            at: string;
            /** @example 41 */
            duration_ms: number;
            /**
             * @description Reason of the failure; null if the target has accepted it.
             * @example timeout
             */
            error: string | null;
            /**
             * @description Status of the answer; null without an answer.
             * @example 503
             */
            status_code: number | null;
        };
        /** DeliveryPage */
        DeliveryPage: {
            /** @description By the time of the event's next attempt or of its end, the latest first. */
            items: components["schemas"]["EventDelivery"][];
            /** @description Cursor of the next page; null on the last. A page reads a thousand events: with a filter it can be empty and still not be the last. */
            next_cursor: string | null;
        };
        /**
         * DeliveryState
         * @enum {string}
         */
        DeliveryState: "pending" | "delivered" | "dead" | "ended";
        /**
         * EventDelivery
         * @description Delivery of one event to one webhook.
         */
        EventDelivery: {
            /** @description The latest attempts, at most 10, the oldest first. */
            attempts: components["schemas"]["DeliveryAttempt"][];
            /**
             * Format: date-time
             * @description Time of the event.
             */
            created_at: string;
            /**
             * @description The header `webhook-id` of its messages.
             * @example evt_4GqNSWmzbnZ2ZBvnXhKx
             */
            event_id: string;
            /**
             * @description Id of the delivery, for its replay.
             * @example WyI5Zjg2ZDA4MSJd
             */
            id: string;
            /**
             * @description Key of the video.
             * @example uploads/trip/harbour.mp4
             */
            key: string;
            /** @description Time of the next attempt; null if it is not pending. */
            next_attempt_at: string | null;
            /** @description `pending`: not yet accepted, or waiting for the video's event before it. `delivered`: accepted. `dead`: all attempts have failed. `ended`: the webhook was switched off or deleted before. */
            state: components["schemas"]["DeliveryState"];
            /** @enum {string} */
            type: "video.done" | "video.failed" | "video.deleted";
            /**
             * @description Id of the webhook; `event_bus` for the event bus.
             * @example 9f86d081884c7d65
             */
            webhook: string;
        };
        /**
         * FrameForm
         * @description Content of a picture: one frame, frames of a range next to each other, or one after the other.
         * @enum {string}
         */
        FrameForm: "frame" | "tiles" | "animation";
        /**
         * FrameOptions
         * @description One frame, or several of a range: those that players show at a time, and their encoding.
         *
         *     A frame is never enlarged. `end_s`, `columns`, `rows` and `fps` are for the forms of several frames.
         */
        FrameOptions: {
            /**
             * @description Columns of tiles; `columns` times `rows` is the number of frames, 64 at most.
             * @default 1
             * @example 5
             */
            columns: number;
            /**
             * @description End of the range in seconds, after `time_s`.
             * @example 60
             */
            end_s?: number | null;
            /**
             * @description `frame`; `tiles` for frames of a range in rows and columns; `animation` for an animated WebP.
             * @default frame
             * @example tiles
             */
            form: components["schemas"]["FrameForm"];
            /**
             * @description Format of the picture.
             * @default jpeg
             * @example avif
             */
            format: components["schemas"]["ImageFormat"];
            /**
             * @description Frames a second of an animation.
             * @default 5
             * @example 5
             */
            fps: number;
            /**
             * @description Maximum height in pixels; the frame keeps its shape.
             * @example 180
             */
            height_px?: number | null;
            /**
             * @description Quality of the picture.
             * @default 82
             * @example 82
             */
            quality: number;
            /**
             * @description Rows of tiles; one row is a strip.
             * @default 1
             * @example 4
             */
            rows: number;
            /**
             * @description Time in seconds from the start of the video, to the millisecond.
             * @example 12.5
             */
            time_s: number;
            /**
             * @description Maximum width in pixels.
             * @default 640
             * @example 320
             */
            width_px: number;
        };
        /** FrameUrl */
        FrameUrl: {
            /**
             * @description Time that was asked for.
             * @example 12.5
             */
            time_s: number;
            /**
             * @description URL of the frame, which needs no login. It is relative to the dashboard unless API_PUBLIC_URL is set.
             * @example https://thumbnail.example.com/f/uploads/trip/harbour.mp4?t=12.5&w=640&format=jpeg&quality=82&...
             */
            url: string;
        };
        /** FrameUrlList */
        FrameUrlList: {
            /** @description One URL for each frame, in the same order. */
            items: components["schemas"]["FrameUrl"][];
        };
        /**
         * FrameUrlsRequest
         * @description Frames of one video, for which URLs are wanted.
         */
        FrameUrlsRequest: {
            /** @description Frames, each with its options. */
            frames: components["schemas"]["FrameOptions"][];
            /** @description Lifetime of the URLs; without it, they do not expire. */
            lifetime_s?: number | null;
        };
        /** Health */
        Health: {
            /**
             * @default ok
             * @constant
             */
            status: "ok";
            /** @example 0.1.0 */
            version: string;
        };
        /** History */
        History: {
            /** @description Oldest first, without gaps: a point without videos has zeros. The last one has not ended. */
            points: components["schemas"]["HistoryPoint"][];
            /** @enum {string} */
            range: "1h" | "24h" | "7d" | "30d";
            /**
             * @description Length of a point in seconds.
             * @example 900
             */
            step_s: number;
            /** @description Figures of all points together. */
            total: components["schemas"]["HistoryFigures"];
        };
        /**
         * HistoryFigures
         * @description Videos whose processing ended: each is counted once, and once more if a retry ends it again.
         */
        HistoryFigures: {
            degraded: number;
            done: number;
            /** @description Without videos that were deleted while they were processed. */
            failed: number;
            /**
             * @description Failed videos by reason, the most frequent first.
             * @example {
             *       "not_a_video": 3
             *     }
             */
            failures: {
                [key: string]: number;
            };
            /** @description Time from the message about the video to the attempt that made the thumbnails. */
            queue: components["schemas"]["Times"];
            /**
             * @description Share of done and degraded videos, from 0 to 1; null if no video ended.
             * @example 0.998
             */
            success_rate: number | null;
            /** @description Time from the message about the video to its last thumbnail. */
            thumbnails: components["schemas"]["Times"];
        };
        /** HistoryPoint */
        HistoryPoint: {
            /**
             * Format: date-time
             * @description Start of the time that the point counts.
             */
            at: string;
            degraded: number;
            done: number;
            /** @description Without videos that were deleted while they were processed. */
            failed: number;
            /**
             * @description Failed videos by reason, the most frequent first.
             * @example {
             *       "not_a_video": 3
             *     }
             */
            failures: {
                [key: string]: number;
            };
            /** @description Time from the message about the video to the attempt that made the thumbnails. */
            queue: components["schemas"]["Times"];
            /**
             * Format: date-time
             * @description Equal to `at`, or earlier if no api was running before: the point then has the videos since then.
             */
            since: string;
            /**
             * @description Share of done and degraded videos, from 0 to 1; null if no video ended.
             * @example 0.998
             */
            success_rate: number | null;
            /** @description Time from the message about the video to its last thumbnail. */
            thumbnails: components["schemas"]["Times"];
        };
        /**
         * ImageFormat
         * @enum {string}
         */
        ImageFormat: "jpeg" | "webp" | "avif";
        /**
         * Job
         * @description A change of many videos in the background.
         */
        Job: {
            cancel_requested: boolean;
            /** Format: date-time */
            created_at: string;
            /** @description Videos that were changed. */
            done: number;
            /** @description Reason for the end of the whole job, if it has failed. */
            error: string | null;
            /** @description Videos that were not changed: `failures` has the reasons. */
            failed: number;
            /** @description The first videos that were not changed, with up to 100 KB of text. */
            failures: components["schemas"]["JobFailure"][];
            /** @description False if more have failed; the log of the api names each of them. */
            failures_complete: boolean;
            filter: components["schemas"]["JobFilter"] | null;
            finished_at: string | null;
            /** @example 9f86d081884c7d65 */
            id: string;
            /** @enum {string} */
            kind: "delete" | "regenerate" | "retry" | "dismiss" | "restore" | "undismiss";
            /** @description Videos that the job has not reached; null while it selects them. */
            remaining: number | null;
            /** @enum {string} */
            state: "selecting" | "running" | "done" | "cancelled" | "failed";
            /** @description Number of videos; null while the job selects them. */
            total: number | null;
            /** @description True if `POST /api/jobs/{id}/undo` can undo some of its changes. */
            undoable: boolean;
            upload: boolean;
        };
        /** JobFailure */
        JobFailure: {
            /** @example uploads/trip/harbour.mp4 */
            key: string;
            /** @example The upload has been deleted. Upload the video again. */
            reason: string;
        };
        /**
         * JobFilter
         * @description Filter of videos, as in the list of videos: a video must match every given field.
         */
        JobFilter: {
            /** @description Only videos with this extension, such as `.mp4`. */
            extension?: string | null;
            /** @description Only videos in this folder of the uploads, or below it. */
            folder?: string | null;
            /**
             * @description Only videos whose key begins with this.
             * @example uploads/trip/
             */
            prefix?: string | null;
            /**
             * @description Only videos whose key contains this text. Case and accents do not count.
             * @example harbour
             */
            q?: string | null;
            /** @description Only degraded or failed videos for this reason. */
            reason_code?: components["schemas"]["ReasonCode"] | null;
            /** @description Only videos uploaded at this time or later. */
            since?: string | null;
            /**
             * @description Only videos in this state. Without it: failed ones to retry and dismiss, those with thumbnails to regenerate, deleted ones to restore, dismissed ones to undismiss, and all to delete.
             * @example failed
             */
            state?: components["schemas"]["VideoState"] | null;
            /** @description Only videos uploaded before this time. */
            until?: string | null;
        };
        /** JobList */
        JobList: {
            /** @description The latest jobs, at most 20, the newest first. */
            items: components["schemas"]["Job"][];
        };
        /**
         * JobProgress
         * @description Progress of a change of many videos. `GET /api/jobs/{id}` has its failures too.
         */
        JobProgress: {
            cancel_requested: boolean;
            /** Format: date-time */
            created_at: string;
            /** @description Videos that were changed. */
            done: number;
            /** @description Reason for the end of the whole job, if it has failed. */
            error: string | null;
            /** @description Videos that were not changed: `failures` has the reasons. */
            failed: number;
            finished_at: string | null;
            /** @example 9f86d081884c7d65 */
            id: string;
            /** @enum {string} */
            kind: "delete" | "regenerate" | "retry" | "dismiss" | "restore" | "undismiss";
            /** @description Videos that the job has not reached; null while it selects them. */
            remaining: number | null;
            /** @enum {string} */
            state: "selecting" | "running" | "done" | "cancelled" | "failed";
            /** @description Number of videos; null while the job selects them. */
            total: number | null;
            /** @description True if `POST /api/jobs/{id}/undo` can undo some of its changes. */
            undoable: boolean;
        };
        /**
         * JobRequest
         * @description A change of many videos: of those in `keys`, or of all that match the `filter` when the job begins.
         */
        JobRequest: {
            /**
             * @example {
             *       "reason_code": "timeout",
             *       "state": "failed"
             *     }
             */
            filter?: components["schemas"]["JobFilter"] | null;
            /** @description Keys or ids of the videos. */
            keys?: string[] | null;
            /**
             * @example retry
             * @enum {string}
             */
            kind: "delete" | "regenerate" | "retry" | "dismiss" | "restore" | "undismiss";
            /**
             * @description Only with a filter: if more videos match, the job ends and changes nothing. Required to delete.
             * @example 100
             */
            max_videos?: number | null;
            /** @description Only to regenerate: options in place of the settings of the workers. */
            options?: components["schemas"]["RegenerationRequest"] | null;
            /**
             * @description Only to delete: delete the uploads too.
             * @default false
             */
            upload?: boolean;
        };
        /**
         * Latency
         * @description Seconds from an upload's event to its last thumbnail, over the latest hundred videos.
         */
        Latency: {
            /**
             * @description Half of the videos took at most this long.
             * @example 1.1
             */
            p50_s: number | null;
            /**
             * @description 95 % of the videos took at most this long.
             * @example 2.8
             */
            p95_s: number | null;
        };
        /** Login */
        Login: {
            /** @example k3J9hT0qVx2LwZ8s */
            token: string;
        };
        /** LogLine */
        LogLine: {
            /**
             * Format: date-time
             * @description Time in milliseconds.
             */
            at: string;
            /**
             * @description Name of the event, or the text.
             * @example video_done
             */
            event: string;
            /**
             * @description Further fields as text, without signatures and tokens.
             * @example {
             *       "cpu_s": "0.21"
             *     }
             */
            fields: {
                [key: string]: string;
            };
            id: string;
            /**
             * @description Key of the video, if it is about one.
             * @example uploads/trip/harbour.mp4
             */
            key: string | null;
            /**
             * @description Null for text that a program or a library printed.
             * @example info
             */
            level: string | null;
            /** @enum {string} */
            service: "worker" | "api" | "frontend" | "frames";
            /**
             * @description Name of the pod, or of the process on one machine.
             * @example thumbnails-worker-7d9f5c6b8-x2x7q
             */
            source: string;
            /** @description Id of the upload, if it is about one. */
            trace_id: string | null;
        };
        /** LogPage */
        LogPage: {
            /** @description True if the page has as many lines as were asked for. If not, and `next_until` is given, the scan ended early. */
            is_full: boolean;
            /** @description The newest first. */
            items: components["schemas"]["LogLine"][];
            /** @description `until` of the next page; null if the range has been read. */
            next_until: string | null;
            /**
             * Format: date-time
             * @description The page has all lines from this time on. Later than `since` if the page is full, or if the scan ended early because there are too many lines to read at once.
             */
            read_since: string;
            /**
             * Format: date-time
             * @description Beginning of the range that was asked for.
             */
            since: string;
        };
        /** Metrics */
        Metrics: {
            /** @description Seconds that the ready workers need for the videos in the queue; null if not known. */
            drain_s: number | null;
            latency: components["schemas"]["Latency"];
            /** @example 4 */
            running_pods: number;
            throughput: components["schemas"]["Throughput"];
            /** @example 15204352 */
            thumbnail_bytes: number;
            /** @example 363 */
            thumbnails: number;
            /** @example 4 */
            total_pods: number;
            /** @example 9663676416 */
            upload_bytes: number;
            /**
             * @example {
             *       "degraded": 1,
             *       "done": 120,
             *       "failed": 3,
             *       "processing": 2
             *     }
             */
            videos: {
                [key: string]: number;
            };
        };
        /**
         * PartsTicket
         * @description Multipart upload: one PUT per part, then `complete` with the ETags of S3's answers.
         */
        PartsTicket: {
            /** @example video/mp4 */
            content_type: string;
            /** @example uploads/trip/harbour.mp4 */
            key: string;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            kind: "parts";
            /** @example 12 */
            part_count: number;
            /** @example 8388608 */
            part_size_bytes: number;
            /** @example 2~VmFsaWRVcGxvYWRJZA */
            upload_id: string;
        };
        /** PartUrl */
        PartUrl: {
            /** @example 1 */
            number: number;
            url: string;
        };
        /** PartUrls */
        PartUrls: {
            parts: components["schemas"]["PartUrl"][];
        };
        /** PartUrlsRequest */
        PartUrlsRequest: {
            /** @example uploads/trip/harbour.mp4 */
            key: string;
            /**
             * @example [
             *       1,
             *       2,
             *       3
             *     ]
             */
            numbers: number[];
            /** @example 2~VmFsaWRVcGxvYWRJZA */
            upload_id: string;
        };
        /**
         * Pod
         * @description One pod. Names and phases are those of Kubernetes.
         */
        Pod: {
            /**
             * @description What it is: worker, api, frontend, frames.
             * @example worker
             */
            component: string;
            /** @example thumbnails-worker-7d9c5b6f4-x2x8v */
            name: string;
            /** @default null */
            node: string | null;
            /**
             * @description Phase of the pod, or the reason why it does not run: Running, Pending, CrashLoopBackOff, ImagePullBackOff, Terminating and so on.
             * @example Running
             */
            phase: string;
            ready: boolean;
            restarts: number;
            /** @default null */
            started_at: string | null;
        };
        /** PodGroup */
        PodGroup: {
            /** @example worker */
            component: string;
            pods: components["schemas"]["Pod"][];
            ready: number;
            total: number;
        };
        /** Pods */
        Pods: {
            /** @description Seconds since the source answered. */
            age_s: number | null;
            /** @description Reason why the source does not answer; null if it answers. */
            error: string | null;
            groups: components["schemas"]["PodGroup"][];
            running: number;
            stale: boolean;
            total: number;
        };
        /**
         * Poster
         * @description The picture that represents the video, and the candidates that it was chosen from.
         */
        Poster: {
            /** @description At most six, the best first. Empty if a reindex has rebuilt the record without a manifest. */
            candidates: components["schemas"]["PosterCandidate"][];
            /** @description Presigned URL of the strip: a tile for each candidate, side by side. */
            candidates_url: string;
            /** @example 360 */
            height_px: number;
            /**
             * @description True if a person has chosen its frame.
             * @example false
             */
            is_pinned: boolean;
            /**
             * @description Size of poster and strip together.
             * @example 68400
             */
            size_bytes: number;
            /** @example 90 */
            tile_height_px: number;
            /** @example 160 */
            tile_width_px: number;
            /**
             * @description Time of its frame.
             * @example 12.84
             */
            time_s: number;
            /** @description Presigned URL. */
            url: string;
            /** @example 640 */
            width_px: number;
        };
        /**
         * PosterCandidate
         * @description A picture of the video that can be its poster. All scores are from 0 to 1, and 1 is best.
         */
        PosterCandidate: {
            /** @example 0.41 */
            colourfulness: number;
            /** @example 0.64 */
            contrast: number;
            /**
             * @description Distance to the nearest cut; 1 from two seconds on. Half of it if alone in its scene.
             * @example 1
             */
            cut: number;
            /** @example 0.9 */
            exposure: number;
            /**
             * @description Faces by their size; 0 without one. Null if none were searched for: the candidate has a flaw, or the worker has no detector.
             * @example 0.35
             */
            faces?: number | null;
            /** @description Flaw that puts it behind all candidates without one: `black`, `white`, `flat`, `credits`, `slate`, `cross-fade` or `blurred`. */
            flaw?: string | null;
            /**
             * @description Weighted mean of the other scores.
             * @example 0.71
             */
            score: number;
            /** @example 0.82 */
            sharpness: number;
            /**
             * @description Time of the frame.
             * @example 12.84
             */
            time_s: number;
        };
        /**
         * PosterChoice
         * @description A frame of the video: by its time, or by the number of a candidate.
         */
        PosterChoice: {
            /** @description 1 is the best one. */
            candidate?: number | null;
            /** @example 12.5 */
            time_s?: number | null;
        };
        /**
         * Preview
         * @description A short animated WebP of the whole video.
         */
        Preview: {
            /** @example 5 */
            duration_s: number;
            /** @example 10 */
            frames: number;
            /** @example 180 */
            height_px: number;
            /** @example 120400 */
            size_bytes: number;
            /** @description Presigned URL. */
            url: string;
            /** @example 320 */
            width_px: number;
        };
        /**
         * Problem
         * @description An error, for people and for programs (RFC 9457).
         */
        Problem: {
            /** @example There is no video uploads/missing.mp4. */
            detail: string;
            /**
             * @description Fields that break a rule, if there are any.
             * @default null
             */
            errors: components["schemas"]["BrokenRule"][] | null;
            /** @example 404 */
            status: number;
            /** @example Not Found */
            title: string;
            /**
             * @description Address of the description of this type of problem, relative to the api or the dashboard.
             * @default about:blank
             * @example /docs/problems#not-found
             */
            type: string;
        };
        /**
         * Processing
         * @description Switch of processing. In a pause, workers finish what they have, and receive nothing.
         */
        Processing: {
            /** @description True in the last quarter of that time. The uploads stay in the bucket in any case: a reconciliation queues them again. */
            at_risk: boolean;
            /** @description Time of the latest change; null if there was none. */
            changed_at: string | null;
            /** @description Name of the person or API token that made it; null for callers without a name. */
            changed_by: string | null;
            /** @description Time before which the queue deletes no message that waits for the end of the pause. Null without a pause, if nothing waits, or if the time is not known. */
            oldest_expires_at: string | null;
            paused: boolean;
            /**
             * @description Seconds after which the queue deletes a message, counted from its sending.
             * @example 345600
             */
            retention_s: number | null;
            /**
             * @description Messages in the queue; null if it does not answer.
             * @example 12
             */
            waiting: number | null;
        };
        /** ProcessingRequest */
        ProcessingRequest: {
            /**
             * @description True to pause, false to resume.
             * @example true
             */
            paused: boolean;
        };
        /**
         * Purge
         * @description A purge: its progress, and its result.
         */
        Purge: {
            /** @description Versions of objects that are gone, some of them by workers that follow deletions. */
            deleted: number;
            /** @description Bytes of the versions that the purge itself has deleted. */
            deleted_bytes: number;
            error?: string | null;
            finished_at?: string | null;
            id: string;
            /** @description Videos that a worker is processing: the purge waits for them. */
            in_work: number;
            /** @enum {string} */
            phase: "uploads" | "records" | "in_work" | "thumbnails" | "dead_letters" | "done" | "failed";
            /** @description Records removed so far. */
            records: number;
            running: boolean;
            /** Format: date-time */
            started_at: string;
            /**
             * @description `cancelling`: it deletes no more uploads, and finishes what belongs to the deleted ones. `cancelled`: that is done.
             * @enum {string}
             */
            state: "running" | "cancelling" | "done" | "cancelled" | "failed";
            /** @description Versions counted at the start: an estimate. */
            total: number;
        };
        /**
         * PurgePreview
         * @description Number of objects that a purge would delete, counted up to 100,000 versions.
         */
        PurgePreview: {
            bytes: number;
            /** @description Confirmation for one `DELETE /api/purge`. The purge deletes the counted objects, and nothing that was uploaded later. */
            confirmation: string;
            /**
             * Format: date-time
             * @description Expiry of the confirmation: a minute after the count.
             */
            confirmation_until: string;
            /** @description False if there are more objects than were counted. */
            is_complete: boolean;
            /** @description The running or last purge. */
            last: components["schemas"]["PurgeProgress"] | null;
            /** @description Versions of all objects, delete markers included. */
            objects: number;
            records: number;
            /** @description Thumbnails, storyboards and previews. */
            thumbnails: number;
            /** @description Uploads. */
            videos: number;
        };
        /** PurgeProgress */
        PurgeProgress: {
            /** @description Versions of objects that are gone, some of them by workers that follow deletions. */
            deleted: number;
            /** @description Bytes of the versions that the purge itself has deleted. */
            deleted_bytes: number;
            /** @default null */
            error: string | null;
            /** @default null */
            finished_at: string | null;
            id: string;
            /** @description Videos that a worker is processing: the purge waits for them. */
            in_work: number;
            /** @enum {string} */
            phase: "uploads" | "records" | "in_work" | "thumbnails" | "dead_letters" | "done" | "failed";
            /** @description Records removed so far. */
            records: number;
            running: boolean;
            /** Format: date-time */
            started_at: string;
            /** @description Versions counted at the start: an estimate. */
            total: number;
        };
        /** PurgeRequest */
        PurgeRequest: {
            /**
             * @description The `confirmation` of GET /api/purge; it is valid for a minute.
             * @example WyJhMWIyYzNkNCIsMTc2Nl0.c2lnbmF0dXJl
             */
            confirmation: string;
        };
        /** Purges */
        Purges: {
            /** @description The running or last purge, then those before it, at most ten together. */
            items: components["schemas"]["Purge"][];
        };
        /**
         * PurgeStarted
         * @description A purge that has begun. /ws and GET /api/purge show its progress.
         */
        PurgeStarted: {
            objects: number;
            progress: components["schemas"]["PurgeProgress"];
        };
        /**
         * Queue
         * @description Approximate numbers of messages in the queue, from SQS.
         */
        Queue: {
            /** @description Messages in the dead-letter queue. */
            dead_letters: number;
            /** @description Messages whose delay has not ended. */
            delayed: number;
            /** @description Samples of the last five minutes, oldest first; in pushes after the first, only the latest ones. */
            history: components["schemas"]["QueueSample"][];
            /** @description Messages that a worker is processing. */
            in_flight: number;
            /** @description Upper bound of the oldest waiting message's age: the time since the newest message that a worker has received was sent, or since the queue was last empty. SQS itself does not report the age. */
            oldest_age_s: number | null;
            /** @description Messages that wait for a worker. */
            visible: number;
        };
        /**
         * Queued
         * @description A video that is queued for new thumbnails.
         */
        Queued: {
            /** @example uploads/trip/harbour.mp4 */
            key: string;
        };
        /** QueueSample */
        QueueSample: {
            /** Format: date-time */
            at: string;
            dead_letters: number;
            delayed: number;
            /** @example 4 */
            in_flight: number;
            /** @example 12 */
            visible: number;
        };
        /**
         * Readiness
         * @description True for each AWS resource that answers.
         */
        Readiness: {
            bucket: boolean;
            queue: boolean;
            ready: boolean;
            table: boolean;
        };
        /**
         * ReasonCode
         * @description Reason of a degraded or failed video, for programs; the field `reason` has the sentence for people.
         * @enum {string}
         */
        ReasonCode: "empty" | "not_a_video" | "no_video_stream" | "encrypted" | "unsupported_codec" | "too_large" | "too_many_pixels" | "damaged" | "incomplete" | "nearby_frame" | "budget" | "memory" | "timeout" | "crashed" | "storage" | "malformed_event" | "deleted" | "internal";
        /**
         * Reconciliation
         * @description A dry run or a run. The pipeline keeps the latest one.
         */
        Reconciliation: {
            /** @description Confirmation for one run of this dry run. */
            confirmation?: string | null;
            confirmation_until?: string | null;
            /**
             * @default {
             *       "uploads": 0,
             *       "records": 0,
             *       "pictures": 0,
             *       "missing": 0,
             *       "changed": 0,
             *       "outdated": 0,
             *       "lost": 0,
             *       "queued_bytes": 0,
             *       "kept": 0,
             *       "failed": 0,
             *       "in_progress": 0,
             *       "deleted": 0,
             *       "dismissed": 0,
             *       "gone": 0,
             *       "surplus": 0,
             *       "surplus_bytes": 0
             *     }
             */
            counts: components["schemas"]["ReconciliationCounts"];
            create: boolean;
            dry_run: boolean;
            error?: string | null;
            /** @description Of a dry run that is done. */
            estimate?: components["schemas"]["ReconciliationEstimate"] | null;
            /**
             * @description The first keys, at most 20.
             * @default []
             */
            examples: components["schemas"]["ReconciliationExample"][];
            finished_at?: string | null;
            id: string;
            /**
             * @default uploads
             * @enum {string}
             */
            phase: "uploads" | "records" | "thumbnails" | "create";
            /** @description Of a run: the counts of its dry run. */
            planned?: components["schemas"]["ReconciliationCounts"] | null;
            /**
             * @description Key of the last upload whose video was queued, or needed nothing.
             * @default
             */
            position: string;
            remove: boolean;
            /** Format: date-time */
            started_at: string;
            /** @enum {string} */
            state: "running" | "done" | "cancelled" | "failed";
            window: number;
        };
        /**
         * ReconciliationCounts
         * @description Counts so far: of a dry run, those that a run would change; of a run, those that it has changed.
         */
        ReconciliationCounts: {
            /**
             * @description Queued: videos whose record is of another content.
             * @default 0
             */
            changed: number;
            /**
             * @description Uploads whose thumbnails a person has deleted.
             * @default 0
             */
            deleted: number;
            /**
             * @description Videos whose failure a person has dismissed.
             * @default 0
             */
            dismissed: number;
            /**
             * @description Videos that have failed for good. A redrive tries them again.
             * @default 0
             */
            failed: number;
            /**
             * @description Removed: records without a video.
             * @default 0
             */
            gone: number;
            /**
             * @description Videos that a worker is processing.
             * @default 0
             */
            in_progress: number;
            /**
             * @description Videos with the thumbnails that they need.
             * @default 0
             */
            kept: number;
            /**
             * @description Queued: videos whose thumbnails are no longer in the bucket.
             * @default 0
             */
            lost: number;
            /**
             * @description Queued: videos without a record.
             * @default 0
             */
            missing: number;
            /**
             * @description Queued: videos with thumbnails of other settings.
             * @default 0
             */
            outdated: number;
            /**
             * @description Objects under the prefix of the thumbnails.
             * @default 0
             */
            pictures: number;
            /**
             * @description Size of the queued videos.
             * @default 0
             */
            queued_bytes: number;
            /**
             * @description Records that were read.
             * @default 0
             */
            records: number;
            /**
             * @description Removed: pictures without a video.
             * @default 0
             */
            surplus: number;
            /**
             * @description Size of the removed pictures.
             * @default 0
             */
            surplus_bytes: number;
            /**
             * @description Uploads that were listed and have the extension of a video.
             * @default 0
             */
            uploads: number;
        };
        /**
         * ReconciliationEstimate
         * @description Estimate of a run that does what a dry run has counted.
         */
        ReconciliationEstimate: {
            /** @description Duration, with the time that a video took lately, or 2 s, and the window. */
            seconds: number;
            /** @description Cost in US dollars, with the prices of us-east-1 and a typical video. */
            usd: number;
        };
        /** ReconciliationExample */
        ReconciliationExample: {
            /** @enum {string} */
            finding: "missing" | "changed" | "outdated" | "lost" | "gone" | "surplus";
            key: string;
        };
        /**
         * ReconciliationRequest
         * @description A dry run, which only counts, or with its confirmation a run that changes what the dry run has counted.
         */
        ReconciliationRequest: {
            /** @description The `confirmation` of the latest dry run; it is valid for an hour. */
            confirmation?: string | null;
            /**
             * @description Queue videos without thumbnails, or with those of other settings. Only of a dry run.
             * @default true
             */
            create?: boolean;
            /**
             * @description False to change something; this needs a confirmation.
             * @default true
             */
            dry_run?: boolean;
            /** @description Remove records and thumbnails without a video. Only of a dry run. The default is true, unless uploads expire (`UPLOADS_EXPIRE`). */
            remove?: boolean | null;
            /** @description Maximum number of queued videos that wait or are processed at a time. A small number keeps workers free for uploads. The default is that of the dry run, 2 at first. */
            window?: number | null;
        };
        /** Reconciliations */
        Reconciliations: {
            /** @description The latest reconciliation, or none. */
            items: components["schemas"]["Reconciliation"][];
        };
        /** Redriven */
        Redriven: {
            /** @description Keys of the videos. */
            keys: string[];
            /** @example 5 */
            redriven: number;
            /** @description Approximate number of remaining dead letters, from SQS. */
            remaining: number;
        };
        /**
         * RedriveRequest
         * @description Choice of dead letters to send again; all of them without a reason and keys.
         */
        RedriveRequest: {
            keys?: string[] | null;
            /**
             * @description Maximum number, for example five as a test.
             * @default 1000
             * @example 5
             */
            limit?: number;
            reason_code?: components["schemas"]["ReasonCode"] | null;
        };
        /**
         * RegenerationRequest
         * @description Options for this video, in place of the settings of the workers. All are optional.
         */
        RegenerationRequest: {
            /** @description Colour behind transparent pictures. */
            background?: string | null;
            /**
             * @description Format of the pictures.
             * @example webp
             */
            format?: components["schemas"]["ImageFormat"] | null;
            /**
             * @description Positions in percent of the duration, ascending.
             * @example [
             *       5,
             *       50
             *     ]
             */
            positions_pct?: number[] | null;
            /** @description Also choose a poster. */
            poster?: boolean | null;
            /**
             * @description Time of the frame that is the poster, until it is `auto` again or the video has other content.
             * @example 12.5
             */
            poster_time_s?: number | "auto" | null;
            /** @description Also make a preview. */
            preview?: boolean | null;
            /**
             * @description Quality of the pictures.
             * @example 90
             */
            quality?: number | null;
            /** @description Take a better picture nearby if the nearest one is black, white, flat or blurred. */
            smart?: boolean | null;
            /** @description Also make a storyboard. */
            storyboard?: boolean | null;
            /**
             * @description Maximum width in pixels.
             * @example 320
             */
            width_px?: number | null;
        };
        /** Replayed */
        Replayed: {
            /**
             * @description Number of deliveries that are pending again.
             * @example 12
             */
            deliveries: number;
        };
        /** Retried */
        Retried: {
            /** @description True if its dead letter was sent again, false if a new event was. */
            from_dead_letter: boolean;
            /** @example uploads/trip/harbour.mp4 */
            key: string;
        };
        /** Session */
        Session: {
            /** @enum {string} */
            auth_mode: "token" | "oidc" | "none";
            /** @description End of the login; null for requests with a token. */
            expires_at?: string | null;
            /** @description True if the caller may make and revoke API tokens. */
            is_admin: boolean;
            /** @description Name of the caller: from the identity provider, or of its API token. */
            name?: string | null;
            /** @enum {string} */
            role: "viewer" | "operator";
        };
        /** SettingsInForce */
        SettingsInForce: {
            /** @description Worker, api and, if there is one, the frames service. */
            services: components["schemas"]["SettingsOfService"][];
        };
        /** SettingsOfService */
        SettingsOfService: {
            /** @description Reason why the settings cannot be read; null if they can. */
            error: string | null;
            /** @description True if a process of the service has reported in the last five minutes; the api always has. */
            is_running: boolean;
            /** @enum {string} */
            service: "api" | "worker" | "frames";
            /** @description The newest first: one entry, or several while running processes have different versions or values, such as during a rollout. If no process runs, the last known entry. Empty if no process has published its settings yet, or if they cannot be read. The api's are those of the process that answers. */
            variants: components["schemas"]["SettingsVariant"][];
        };
        /**
         * SettingsVariant
         * @description Settings of all processes of a service that have one version and the same values.
         */
        SettingsVariant: {
            /** @description Every setting, in the order of docs/settings.md. */
            items: components["schemas"]["SettingValue"][];
            /**
             * Format: date-time
             * @description Time at which one of these processes last reported that it runs.
             */
            seen_at: string;
            /**
             * @description Version of the processes.
             * @example 0.1.0
             */
            version: string;
        };
        /** SettingValue */
        SettingValue: {
            /**
             * @description Value without the variable; null if there is none.
             * @example 900
             */
            default: string | null;
            /** @example Minimum lifetime of a presigned URL in seconds. */
            description: string;
            /**
             * @description True if each process has a value of its own, such as its name; none is shown.
             * @default false
             */
            is_per_process: boolean;
            /** @description True if the value is a secret, which is never shown. */
            is_secret: boolean;
            /**
             * @description Environment variable of the setting.
             * @example URL_LIFETIME_S
             */
            name: string;
            /**
             * @description `environment` if a variable sets it, otherwise `default`.
             * @enum {string}
             */
            source: "environment" | "default";
            /**
             * @description Value in force, as an environment variable has it; null if it is unset, a secret, or another one in each process.
             * @example 900
             */
            value: string | null;
        };
        /**
         * Source
         * @description Freshness of one part of the state.
         */
        Source: {
            /** @description Seconds since the last answer; null if there was none. */
            age_s: number | null;
            /** @description Reason why the source does not answer; null if it answers. */
            error: string | null;
            stale: boolean;
        };
        /**
         * State
         * @description Message of `/ws`: the whole state on connect, then at every interval and after changes.
         *
         *     A section is null until its source has answered; while the source does not answer, the section stays unchanged and
         *     `sources` has its age. `queue.history` is complete in the first message only.
         */
        State: {
            /**
             * Format: date-time
             * @description The server's time.
             */
            at: string;
            /** @description Jobs that are not finished, and those that ended in the last minute; the newest first. */
            jobs: components["schemas"]["JobProgress"][];
            metrics: components["schemas"]["Metrics"] | null;
            pods: components["schemas"]["Pod"][] | null;
            processing: components["schemas"]["Processing"] | null;
            /** @description The running purge, or one that ended in the last minute. */
            purge: components["schemas"]["PurgeProgress"] | null;
            queue: components["schemas"]["Queue"] | null;
            seq: number;
            /** @description Id of the server process; `seq` counts its messages. */
            server: string;
            sources: {
                [key: string]: components["schemas"]["Source"];
            };
            /**
             * @default state
             * @constant
             */
            type: "state";
            /** @description Videos in progress, at most 50, and the latest finished ones, at most 50. */
            videos: components["schemas"]["VideoSummary"][];
        };
        /**
         * Storyboard
         * @description Sheets of small pictures of the video, row by row. Tile n, from 0, covers the time from `n * interval_s`.
         */
        Storyboard: {
            /** @description Presigned URL of the BIF file, which contains its pictures; null if the setting does not name the format. */
            bif_url: string | null;
            /** @example 10 */
            columns: number;
            /** @description Presigned URL of the DASH manifest, which refers to the sheets by their file names; null if the setting does not name the format. */
            dash_url: string | null;
            /** @description Presigned URL of the HLS image playlist, which refers to the sheets by their file names; null if the setting does not name the format. */
            hls_url: string | null;
            /** @example 5 */
            interval_s: number;
            /**
             * @description Rows of each sheet; the last of several may have room left.
             * @example 10
             */
            rows: number;
            /** @description Presigned URLs of all sheets, in order. */
            sheet_urls: string[];
            /** @example 98304 */
            size_bytes: number;
            /** @example 90 */
            tile_height_px: number;
            /** @example 160 */
            tile_width_px: number;
            /** @example 96 */
            tiles: number;
            /** @description Presigned URL of the WebVTT file. It refers to the sheets by their file names. */
            track_url: string;
            /** @description Presigned URL of the first sheet. */
            url: string;
        };
        /** Tested */
        Tested: {
            /** @description Keys of the copies. */
            keys: string[];
            /** @example uploads/test-20261124T093015/ */
            prefix: string;
        };
        /**
         * Throughput
         * @description Finished videos per minute over the last 1, 5 and 60 minutes; null until half of the time is known.
         */
        Throughput: {
            /** @example 38 */
            last_1_min: number | null;
            /** @example 36.4 */
            last_5_min: number | null;
            /** @example 31.2 */
            last_60_min: number | null;
        };
        /** Thumbnail */
        Thumbnail: {
            /** Format: date-time */
            created_at: string;
            /** @example 360 */
            height_px: number;
            /** @example thumbnails/trip/harbour_1.jpg */
            key: string;
            note?: string | null;
            /** @example 10 */
            position_pct: number;
            /** @example 41873 */
            size_bytes: number;
            /**
             * @description URL that stays the same and needs no login, for pages of applications. It is relative to the api or the dashboard unless API_PUBLIC_URL is set.
             * @example https://thumbnail.example.com/t/uploads/trip/harbour.mp4/1.jpg?s=Nq3T
             */
            stable_url: string;
            /**
             * @description Placeholder until the picture is loaded: a ThumbHash in base64. Null if an older version made it.
             * @example 3vcNrIhwhHx3h4h3d3ePd/drZg==
             */
            thumbhash?: string | null;
            /**
             * @description Time of its frame as players show it, from the first picture or sound of the video.
             * @example 12.48
             */
            time_s: number;
            /**
             * @description Presigned URL; the same for some minutes, so that browsers cache the picture.
             * @example https://thumbnails-videos-123456789012.s3.amazonaws.com/thumbnails/trip/harbour_1.jpg?X-Amz-...
             */
            url: string;
            /** @example uploads/trip/harbour.mp4 */
            video_key: string;
            /** @example 640 */
            width_px: number;
        };
        /**
         * ThumbnailOverrides
         * @description Options of one video that a request has chosen; the settings of the workers hold for those that are null.
         */
        ThumbnailOverrides: {
            /** @description Colour behind transparent pictures. */
            background?: string | null;
            /**
             * @description Format of the pictures.
             * @example webp
             */
            format?: components["schemas"]["ImageFormat"] | null;
            /**
             * @description Positions in percent of the duration, ascending.
             * @example [
             *       5,
             *       50
             *     ]
             */
            positions_pct?: number[] | null;
            /** @description Also choose a poster. */
            poster?: boolean | null;
            /**
             * @description Time of the frame that is the poster, until it is `auto` again or the video has other content.
             * @example 12.5
             */
            poster_time_s?: number | "auto" | null;
            /** @description Also make a preview. */
            preview?: boolean | null;
            /**
             * @description Quality of the pictures.
             * @example 90
             */
            quality?: number | null;
            /** @description Take a better picture nearby if the nearest one is black, white, flat or blurred. */
            smart?: boolean | null;
            /** @description Also make a storyboard. */
            storyboard?: boolean | null;
            /**
             * @description Maximum width in pixels.
             * @example 320
             */
            width_px?: number | null;
        };
        /** ThumbnailPage */
        ThumbnailPage: {
            items: components["schemas"]["Thumbnail"][];
            /** @description Cursor of the next page; null on the last. */
            next_cursor: string | null;
        };
        /** TimelineEntry */
        TimelineEntry: {
            /** Format: date-time */
            at: string;
            /** @enum {string} */
            event: "uploaded" | "received" | "stored" | "degraded" | "failed";
            /** @example first attempt, worker-7d9f5c6b8-x2x7q */
            note?: string | null;
        };
        /**
         * Times
         * @description Percentiles of a time in seconds, estimated from a histogram whose buckets are 28 % wide at most.
         */
        Times: {
            /** @description Half of the videos took at most this long; null if none got thumbnails. */
            p50_s: number | null;
            /** @description 95 % of the videos took at most this long; null if none got thumbnails. */
            p95_s: number | null;
        };
        /**
         * UnitPrices
         * @description US dollars for one of each, in the region and with the configuration of the instance.
         */
        UnitPrices: {
            /**
             * @description Month of the price list.
             * @example 2026-11
             */
            as_of: string;
            /**
             * @description A month of all that runs without videos.
             * @example 246.2
             */
            fixed_month: number;
            /**
             * @description Region of the price list.
             * @example us-east-1
             */
            region: string;
            /**
             * @description A gigabyte in the bucket for a month.
             * @example 0.023
             */
            storage_gb_month: number;
            /**
             * @description Requests, data and logs of one video.
             * @example 0.00005
             */
            video: number;
            /**
             * @description Videos that a worker processes at once.
             * @example 2
             */
            worker_concurrency: number;
            /**
             * @description An hour of a worker's pod.
             * @example 0.049
             */
            worker_hour: number;
            /** @description Seconds that a worker is billed for besides its work: its start, and its wait for more. */
            worker_lingering_s: number;
        };
        /** Uploaded */
        Uploaded: {
            /** @example uploads/trip/harbour.mp4 */
            key: string;
            /** @example 104857600 */
            size_bytes: number;
        };
        /** UploadedPart */
        UploadedPart: {
            /** @example "9b2cf535f27731c974343645a3985328" */
            etag: string;
            number: number;
        };
        /** UploadRef */
        UploadRef: {
            /** @example uploads/trip/harbour.mp4 */
            key: string;
            /** @example 2~VmFsaWRVcGxvYWRJZA */
            upload_id: string;
        };
        /** UploadRequest */
        UploadRequest: {
            /**
             * @description Name of the file, optionally with folders. Unsafe characters are replaced.
             * @example trip/harbour.mp4
             */
            name: string;
            /**
             * @description True to replace a video of that name; otherwise the upload gets another name.
             * @default false
             */
            overwrite?: boolean;
            /** @example 1310000 */
            size_bytes: number;
        };
        /**
         * Usage
         * @description Measured usage of the month so far.
         */
        Usage: {
            /** @description Sum of the seconds that the processing of each video with thumbnails took. */
            processing_s: number;
            /** @description Bytes of uploads and thumbnails at this moment. */
            stored_bytes: number;
            /**
             * @description Videos whose processing ended, failed ones included.
             * @example 12480
             */
            videos: number;
            /** @description Hours of workers' pods, estimated from videos and seconds of each hour; null without prices. */
            worker_hours: number | null;
        };
        /** Video */
        Video: {
            /** @example 1 */
            attempt: number;
            /** @example 412000 */
            bytes_read: number;
            /** @example h264 */
            codec?: string | null;
            /** @example mp4 */
            container?: string | null;
            /** @example 0.21 */
            cpu_s: number;
            /**
             * @description From the first picture or sound to the last; null if it could not be measured.
             * @example 124.8
             */
            duration_s?: number | null;
            finished_at?: string | null;
            /** @example 1080 */
            height_px?: number | null;
            /**
             * @description The key as one path segment, for every path that takes a key.
             * @example ~dXBsb2Fkcy90cmlwL2hhcmJvdXIubXA0
             */
            id: string;
            /** @example uploads/trip/harbour.mp4 */
            key: string;
            /**
             * Format: date-time
             * @description Time of the message that the current attempt is about.
             */
            queued_at: string;
            reason?: string | null;
            reason_code?: components["schemas"]["ReasonCode"] | null;
            /** @example 5 */
            requests: number;
            /** @description True if the video has failed or its failure is dismissed, and another attempt can succeed, as the file is not the reason. */
            retryable: boolean;
            /** @example 1310000 */
            size_bytes: number;
            /** Format: date-time */
            started_at: string;
            state: components["schemas"]["VideoState"];
            thumbnails: components["schemas"]["Thumbnail"][];
            /** Format: date-time */
            updated_at: string;
            /**
             * Format: date-time
             * @description Time of the upload's first message; no retry changes it.
             */
            uploaded_at: string;
            /** @example 1920 */
            width_px?: number | null;
            /** @example worker-7d9f5c6b8-x2x7q */
            worker: string;
        };
        /**
         * VideoChange
         * @description Change of one video.
         */
        VideoChange: {
            /**
             * @description Frame that becomes the poster and stays it; null for an automatic choice.
             * @example {
             *       "time_s": 12.5
             *     }
             */
            poster: components["schemas"]["PosterChoice"] | null;
        };
        /**
         * VideoCounts
         * @description Number of videos by state, in one page of a count. The counts of all pages together are those of the filter.
         */
        VideoCounts: {
            /**
             * @example {
             *       "done": 1200,
             *       "failed": 3
             *     }
             */
            counts: {
                [key: string]: number;
            };
            /** @description Cursor of the next page; null on the last. A filter by more than the state reads two thousand videos per page. */
            next_cursor: string | null;
        };
        /** VideoDetails */
        VideoDetails: {
            /** @example 1 */
            attempt: number;
            /** @description The latest attempts at this content, at most 20, the oldest first. The last is the current one. */
            attempts: components["schemas"]["Attempt"][];
            /** @example 412000 */
            bytes_read: number;
            /** @example h264 */
            codec?: string | null;
            /** @example mp4 */
            container?: string | null;
            /** @example 0.21 */
            cpu_s: number;
            /** @description Presigned URL of the video itself. */
            download_url: string;
            /**
             * @description From the first picture or sound to the last; null if it could not be measured.
             * @example 124.8
             */
            duration_s?: number | null;
            finished_at?: string | null;
            /** @example 1080 */
            height_px?: number | null;
            /**
             * @description The key as one path segment, for every path that takes a key.
             * @example ~dXBsb2Fkcy90cmlwL2hhcmJvdXIubXA0
             */
            id: string;
            /** @example uploads/trip/harbour.mp4 */
            key: string;
            /** @description Presigned URL of the manifest, a JSON document: its schema is at `/docs/manifest-1.schema.json`. Null if `THUMBNAIL_MANIFEST` is false, or if an older version made the thumbnails. */
            manifest_url: string | null;
            /** @description Options that a request has chosen for this video; null if the settings of the workers hold. */
            options: components["schemas"]["ThumbnailOverrides"] | null;
            /** @description Null if it was not requested or could not be made. */
            poster: components["schemas"]["Poster"] | null;
            /** @description Null if it was not requested or could not be made. */
            preview: components["schemas"]["Preview"] | null;
            /**
             * Format: date-time
             * @description Time of the message that the current attempt is about.
             */
            queued_at: string;
            reason?: string | null;
            reason_code?: components["schemas"]["ReasonCode"] | null;
            /** @example 5 */
            requests: number;
            /** @description True if the video has failed or its failure is dismissed, and another attempt can succeed, as the file is not the reason. */
            retryable: boolean;
            /** @example 1310000 */
            size_bytes: number;
            /** Format: date-time */
            started_at: string;
            state: components["schemas"]["VideoState"];
            /** @description Null if it was not requested or could not be made. */
            storyboard: components["schemas"]["Storyboard"] | null;
            thumbnails: components["schemas"]["Thumbnail"][];
            timeline: components["schemas"]["TimelineEntry"][];
            /** @description Id of the upload in all log lines and traces. */
            trace_id: string;
            /** Format: date-time */
            updated_at: string;
            /**
             * Format: date-time
             * @description Time of the upload's first message; no retry changes it.
             */
            uploaded_at: string;
            /** @example 1920 */
            width_px?: number | null;
            /** @example worker-7d9f5c6b8-x2x7q */
            worker: string;
        };
        /** VideoPage */
        VideoPage: {
            items: components["schemas"]["Video"][];
            /** @description Cursor of the next page; null on the last. A search reads a thousand videos per page: a page can be empty and still not be the last. */
            next_cursor: string | null;
        };
        /**
         * VideoState
         * @enum {string}
         */
        VideoState: "processing" | "done" | "degraded" | "failed" | "deleted" | "dismissed";
        /** VideoSummary */
        VideoSummary: {
            /** @example 1 */
            attempt: number;
            /** @default null */
            finished_at: string | null;
            /**
             * @description The key as one path segment, for every path that takes a key.
             * @example ~dXBsb2Fkcy90cmlwL2hhcmJvdXIubXA0
             */
            id: string;
            /** @example uploads/trip/harbour.mp4 */
            key: string;
            /**
             * Format: date-time
             * @description Time of the message that the current attempt is about.
             */
            queued_at: string;
            /** @default null */
            reason: string | null;
            /** @default null */
            reason_code: components["schemas"]["ReasonCode"] | null;
            /** @description True if the video has failed or its failure is dismissed, and another attempt can succeed, as the file is not the reason. */
            retryable: boolean;
            /** Format: date-time */
            started_at: string;
            state: components["schemas"]["VideoState"];
            /** Format: date-time */
            updated_at: string;
            /**
             * Format: date-time
             * @description Time of the upload's first message; no retry changes it.
             */
            uploaded_at: string;
            /** @example worker-7d9f5c6b8-x2x7q */
            worker: string;
        };
        /** Webhook */
        Webhook: {
            /** Format: date-time */
            created_at: string;
            /** @example Media library */
            description: string;
            /**
             * @description Reason why the pipeline has switched it off; null if it is on, or if a person switched it off.
             * @example The target has answered 410 Gone.
             */
            disabled_reason: string | null;
            enabled: boolean;
            /** @example 9f86d081884c7d65 */
            id: string;
            /**
             * @description Only videos whose key begins with this; all when empty.
             * @example uploads/trip/
             */
            prefix: string;
            /** @description Time until which messages have a signature of the previous secret too; null if none is valid. */
            previous_secret_until: string | null;
            /**
             * @description Number of the current secret, counted from 1.
             * @example 1
             */
            secret_version: number;
            /**
             * @description Only events of these ends.
             * @example [
             *       "done",
             *       "failed"
             *     ]
             */
            states: ("done" | "failed" | "deleted")[];
            /**
             * @description Address; for callers that are no admins, only its scheme and host, as a path can contain a secret.
             * @example https://hooks.example.com/videos
             */
            url: string;
        };
        /**
         * WebhookChange
         * @description Fields to change; the others stay.
         */
        WebhookChange: {
            description?: string | null;
            /**
             * @description False to switch it off: it gets no more events, and its pending deliveries end.
             * @example false
             */
            enabled?: boolean | null;
            prefix?: string | null;
            states?: ("done" | "failed" | "deleted")[] | null;
            url?: string | null;
        };
        /** WebhookList */
        WebhookList: {
            /** @description False if `EVENTS_ENABLED` is false: no events are written. */
            enabled: boolean;
            /** @description All webhooks, the newest first. */
            items: components["schemas"]["Webhook"][];
        };
        /** WebhookRequest */
        WebhookRequest: {
            /**
             * @description Text for people.
             * @default
             * @example Media library
             */
            description?: string;
            /**
             * @description Only videos whose key begins with this; all when empty.
             * @default
             * @example uploads/trip/
             */
            prefix?: string;
            /**
             * @description Only events of these ends.
             * @default [
             *       "done",
             *       "failed",
             *       "deleted"
             *     ]
             * @example [
             *       "done",
             *       "failed"
             *     ]
             */
            states?: ("done" | "failed" | "deleted")[];
            /**
             * @description Address that gets a POST for each event. It must begin with https:// and lead to a public address unless `EVENTS_ALLOW_PRIVATE_TARGETS` is true.
             * @example https://hooks.example.com/videos
             */
            url: string;
        };
        /** WebhookSecret */
        WebhookSecret: {
            /**
             * Format: date-time
             * @description Until then each message has two signatures: of the new and of the previous secret.
             */
            previous_valid_until: string;
            /**
             * @description The new secret. It is shown this once.
             * @example whsec_MfKQ9r8GKYqrTwjUPD8I
             */
            secret: string;
        };
        /**
         * WebhookTest
         * @description Result of a test message. The body of the target's answer is never shown.
         */
        WebhookTest: {
            /** @example 41 */
            duration_ms: number;
            /** @description Reason of the failure; null if the status is 2xx. */
            error: string | null;
            /**
             * @description Status of the answer; null without an answer.
             * @example 204
             */
            status_code: number | null;
        };
        /**
         * WholeTicket
         * @description Form for one POST: these fields, then the file as `file`.
         */
        WholeTicket: {
            /** @example video/mp4 */
            content_type: string;
            /** Format: date-time */
            expires_at: string;
            fields: {
                [key: string]: string;
            };
            /** @example uploads/trip/harbour.mp4 */
            key: string;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            kind: "whole";
            /** @example https://thumbnails-videos-123456789012.s3.amazonaws.com/ */
            url: string;
        };
        /**
         * WindowReplay
         * @description A time window of events, both ends included.
         */
        WindowReplay: {
            /**
             * Format: date-time
             * @example 2026-11-29T08:00:00Z
             */
            since: string;
            /** @description Only events of these ends; all when null. */
            states?: ("done" | "failed" | "deleted")[] | null;
            /**
             * Format: date-time
             * @example 2026-11-29T09:00:00Z
             */
            until: string;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    getConfig: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Config"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field breaks a rule */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too Many Requests */
            429: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getCost: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Cost"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field breaks a rule */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too Many Requests */
            429: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listDeadLetters: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeadLetters"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field breaks a rule */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too Many Requests */
            429: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    redrive: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RedriveRequest"];
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Redriven"];
                };
            };
            /** @description The body cannot be read */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field breaks a rule */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too Many Requests */
            429: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listDeliveries: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the previous page. */
                cursor?: string | null;
                /** @description Maximum number of entries of the page. */
                limit?: number;
                /** @description Only deliveries in this state. */
                state?: components["schemas"]["DeliveryState"] | null;
                /** @description Only deliveries to the webhook with this id. */
                webhook?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeliveryPage"];
                };
            };
            /** @description Bad Request */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field breaks a rule */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too Many Requests */
            429: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    replayDelivery: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The `id` of the delivery. */
                delivery_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EventDelivery"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Conflict */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field breaks a rule */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too Many Requests */
            429: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getHistory: {
        parameters: {
            query?: {
                /** @description Length of the time up to now. */
                range?: "1h" | "24h" | "7d" | "30d";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["History"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field breaks a rule */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too Many Requests */
            429: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listJobs: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobList"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field breaks a rule */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too Many Requests */
            429: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createJob: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["JobRequest"];
            };
        };
        responses: {
            /** @description Success */
            202: {
                headers: {
                    /** @description Path of the new resource. */
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Job"];
                };
            };
            /** @description The body cannot be read */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Conflict */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field breaks a rule */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too Many Requests */
            429: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getJob: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The `id` of the job. */
                job_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Job"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field breaks a rule */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too Many Requests */
            429: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    cancelJob: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The `id` of the job. */
                job_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Job"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Conflict */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field breaks a rule */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too Many Requests */
            429: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    undoJob: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The `id` of the job. */
                job_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            202: {
                headers: {
                    /** @description Path of the new resource. */
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Job"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Conflict */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field breaks a rule */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too Many Requests */
            429: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listLogs: {
        parameters: {
            query?: {
                /** @description Only lines about this video. */
                key?: string | null;
                /** @description Only lines of this level or a higher one; without it, also lines without a level. */
                level?: ("info" | "warning" | "error") | null;
                /** @description Maximum number of lines. Lines of the same millisecond stay together. */
                limit?: number;
                /** @description Only lines that contain this text. Case and accents do not count. */
                q?: string | null;
                /** @description Only lines of this service. */
                service?: ("worker" | "api" | "frontend" | "frames") | null;
                /** @description Only lines of this time or later. By default an hour before `until`. */
                since?: string | null;
                /** @description Only lines of this upload: `trace_id` of a video. */
                trace_id?: string | null;
                /** @description Only lines before this time. By default now. */
                until?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LogPage"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Conflict */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field breaks a rule */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too Many Requests */
            429: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getMetrics: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Metrics"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field breaks a rule */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too Many Requests */
            429: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getPods: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Pods"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field breaks a rule */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too Many Requests */
            429: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getProcessing: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Processing"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field breaks a rule */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too Many Requests */
            429: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    setProcessing: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ProcessingRequest"];
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Processing"];
                };
            };
            /** @description The body cannot be read */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field breaks a rule */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too Many Requests */
            429: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    previewPurge: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PurgePreview"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field breaks a rule */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too Many Requests */
            429: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    purge: {
        parameters: {
            query?: {
                /** @description The `confirmation` of `GET /api/purge`; it is valid for a minute. */
                confirmation?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PurgeStarted"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Conflict */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field breaks a rule */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Precondition Required */
            428: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too Many Requests */
            429: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listPurges: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Purges"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field breaks a rule */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too Many Requests */
            429: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createPurge: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PurgeRequest"];
            };
        };
        responses: {
            /** @description Success */
            202: {
                headers: {
                    /** @description Path of the new resource. */
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Purge"];
                };
            };
            /** @description The body cannot be read */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Conflict */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field breaks a rule */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Precondition Required */
            428: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too Many Requests */
            429: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getPurge: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The `id` of the purge. */
                purge_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Purge"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field breaks a rule */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too Many Requests */
            429: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    cancelPurge: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The `id` of the purge. */
                purge_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Purge"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Conflict */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field breaks a rule */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too Many Requests */
            429: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getQueue: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Queue"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field breaks a rule */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too Many Requests */
            429: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listReconciliations: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Reconciliations"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field breaks a rule */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too Many Requests */
            429: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    startReconciliation: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReconciliationRequest"];
            };
        };
        responses: {
            /** @description Success */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Reconciliation"];
                };
            };
            /** @description The body cannot be read */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Conflict */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field breaks a rule */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Precondition Required */
            428: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too Many Requests */
            429: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getReconciliation: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The `id` of the reconciliation. */
                identity: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Reconciliation"] | null;
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field breaks a rule */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too Many Requests */
            429: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    cancelReconciliation: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The `id` of the reconciliation. */
                identity: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Reconciliation"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Conflict */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field breaks a rule */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too Many Requests */
            429: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getSession: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field breaks a rule */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too Many Requests */
            429: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    login: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Login"];
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
            /** @description The body cannot be read */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field breaks a rule */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too Many Requests */
            429: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    logout: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field breaks a rule */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getSettings: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SettingsInForce"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field breaks a rule */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too Many Requests */
            429: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getState: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["State"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field breaks a rule */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too Many Requests */
            429: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    testPipeline: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Tested"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Conflict */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field breaks a rule */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too Many Requests */
            429: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listThumbnails: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the previous page. */
                cursor?: string | null;
                /** @description Maximum number of entries of the page. */
                limit?: number;
                /** @description Only thumbnails of this position, in percent. */
                position?: number | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ThumbnailPage"];
                };
            };
            /** @description Bad Request */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field breaks a rule */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too Many Requests */
            429: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listTokens: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ApiTokens"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field breaks a rule */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too Many Requests */
            429: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createToken: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ApiTokenRequest"];
            };
        };
        responses: {
            /** @description Success */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CreatedApiToken"];
                };
            };
            /** @description The body cannot be read */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Conflict */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field breaks a rule */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too Many Requests */
            429: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    revokeToken: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The `id` of the token. */
                token_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field breaks a rule */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too Many Requests */
            429: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createUpload: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UploadRequest"];
            };
        };
        responses: {
            /** @description Success */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WholeTicket"] | components["schemas"]["PartsTicket"];
                };
            };
            /** @description The body cannot be read */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Content Too Large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field breaks a rule */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too Many Requests */
            429: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    abortUpload: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UploadRef"];
            };
        };
        responses: {
            /** @description Success */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The body cannot be read */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field breaks a rule */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too Many Requests */
            429: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    completeUpload: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CompleteRequest"];
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Uploaded"];
                };
            };
            /** @description The body cannot be read */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Conflict */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Content Too Large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field breaks a rule */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too Many Requests */
            429: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    signParts: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PartUrlsRequest"];
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PartUrls"];
                };
            };
            /** @description The body cannot be read */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field breaks a rule */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too Many Requests */
            429: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listVideos: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the previous page. */
                cursor?: string | null;
                /** @description Only videos with this extension, such as `.mp4`. */
                extension?: string | null;
                /** @description Only videos in this folder of the uploads, or below it. */
                folder?: string | null;
                /** @description Maximum number of entries of the page. */
                limit?: number;
                /** @description By the time of the last change of state: the newest or the oldest first. */
                order?: "newest" | "oldest";
                /** @description Only videos whose key contains this text. Case and accents do not count. */
                q?: string | null;
                /** @description Only degraded or failed videos for this reason. */
                reason_code?: components["schemas"]["ReasonCode"] | null;
                /** @description Only videos uploaded at this time or later. */
                since?: string | null;
                /** @description Only videos in this state. */
                state?: components["schemas"]["VideoState"] | null;
                /** @description Only videos uploaded before this time. */
                until?: string | null;
                /** @description Only videos that have thumbnails: done or degraded. */
                with_thumbnails?: boolean;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VideoPage"];
                };
            };
            /** @description Bad Request */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field breaks a rule */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too Many Requests */
            429: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getVideo: {
        parameters: {
            query?: {
                /** @description Lifetime of each `stable_url`; without it, they do not expire. */
                stable_url_lifetime_s?: number | null;
            };
            header?: never;
            path: {
                /** @description Object key with its slashes, or the `id` of the video. */
                key: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VideoDetails"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field breaks a rule */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too Many Requests */
            429: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteVideo: {
        parameters: {
            query?: {
                /** @description Also delete the upload. It is final if the bucket keeps no versions: see `restorable`. */
                upload?: boolean;
            };
            header?: never;
            path: {
                /** @description Object key with its slashes, or the `id` of the video. */
                key: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Deleted"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Conflict */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field breaks a rule */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too Many Requests */
            429: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    changeVideo: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Object key with its slashes, or the `id` of the video. */
                key: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["VideoChange"];
            };
        };
        responses: {
            /** @description Success */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Queued"];
                };
            };
            /** @description The body cannot be read */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Conflict */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field breaks a rule */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too Many Requests */
            429: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    dismissFailure: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Object key with its slashes, or the `id` of the video. */
                key: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Conflict */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field breaks a rule */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too Many Requests */
            429: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    undoDismissal: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Object key with its slashes, or the `id` of the video. */
                key: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Conflict */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field breaks a rule */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too Many Requests */
            429: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    signFrameUrls: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Object key with its slashes, or the `id` of the video. */
                key: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["FrameUrlsRequest"];
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FrameUrlList"];
                };
            };
            /** @description The body cannot be read */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Conflict */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field breaks a rule */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too Many Requests */
            429: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    regenerateVideo: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Object key with its slashes, or the `id` of the video. */
                key: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["RegenerationRequest"] | null;
            };
        };
        responses: {
            /** @description Success */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Queued"];
                };
            };
            /** @description The body cannot be read */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Conflict */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field breaks a rule */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too Many Requests */
            429: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    restoreVideo: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Object key with its slashes, or the `id` of the video. */
                key: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Queued"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Conflict */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field breaks a rule */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too Many Requests */
            429: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    retryVideo: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Object key with its slashes, or the `id` of the video. */
                key: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Retried"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Conflict */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field breaks a rule */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too Many Requests */
            429: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    countVideos: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the previous page. */
                cursor?: string | null;
                /** @description Only videos with this extension, such as `.mp4`. */
                extension?: string | null;
                /** @description Only videos in this folder of the uploads, or below it. */
                folder?: string | null;
                /** @description Only videos whose key contains this text. Case and accents do not count. */
                q?: string | null;
                /** @description Only degraded or failed videos for this reason. */
                reason_code?: components["schemas"]["ReasonCode"] | null;
                /** @description Only videos uploaded at this time or later. */
                since?: string | null;
                /** @description Only videos in this state. */
                state?: components["schemas"]["VideoState"] | null;
                /** @description Only videos uploaded before this time. */
                until?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VideoCounts"];
                };
            };
            /** @description Bad Request */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field breaks a rule */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too Many Requests */
            429: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listWebhooks: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookList"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field breaks a rule */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too Many Requests */
            429: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["WebhookRequest"];
            };
        };
        responses: {
            /** @description Success */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CreatedWebhook"];
                };
            };
            /** @description The body cannot be read */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Conflict */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field breaks a rule */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too Many Requests */
            429: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The `id` of the webhook. */
                webhook_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Conflict */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field breaks a rule */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too Many Requests */
            429: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    changeWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The `id` of the webhook. */
                webhook_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["WebhookChange"];
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Webhook"];
                };
            };
            /** @description The body cannot be read */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Conflict */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field breaks a rule */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too Many Requests */
            429: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    replayWindow: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The `id` of the webhook. */
                webhook_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["WindowReplay"];
            };
        };
        responses: {
            /** @description Success */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Replayed"];
                };
            };
            /** @description The body cannot be read */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Conflict */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field breaks a rule */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too Many Requests */
            429: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    rotateWebhookSecret: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The `id` of the webhook. */
                webhook_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookSecret"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Conflict */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field breaks a rule */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too Many Requests */
            429: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    testWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The `id` of the webhook. */
                webhook_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookTest"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Conflict */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field breaks a rule */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too Many Requests */
            429: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getHealth: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Health"];
                };
            };
        };
    };
    getReadiness: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Readiness"];
                };
            };
            /** @description Queue, bucket or table does not answer. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Readiness"];
                };
            };
        };
    };
    getPicture: {
        parameters: {
            query?: {
                /** @description Expiry in seconds since 1970, if there is one. */
                e?: number | null;
                /** @description Signature, as in `stable_url` of a thumbnail. */
                s?: string;
            };
            header?: never;
            path: {
                /** @description Object key with its slashes, or the `id` of the video. */
                key: string;
                /** @description Number of the thumbnail, from 1, in the order of the positions. */
                number: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The picture itself, if its key has a segment of two dots, which no URL can have. */
            200: {
                headers: {
                    /** @description Minutes for which the answer can be reused; a presigned URL is valid for longer. */
                    "Cache-Control"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "image/*": string;
                };
            };
            /** @description The picture is at the presigned URL of the header Location. */
            302: {
                headers: {
                    /** @description Minutes for which the answer can be reused; a presigned URL is valid for longer. */
                    "Cache-Control"?: string;
                    /** @description Presigned URL of the picture, of any image format. */
                    Location?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field breaks a rule */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    /** @description Seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
}
