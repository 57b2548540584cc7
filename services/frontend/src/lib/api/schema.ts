// Generated from the api's OpenAPI document: ./noxw -s generate. Do not edit.

export interface paths {
    "/api/config": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What a client must know */
        get: operations["getConfig"];
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
         * What failed
         * @description The dead-letter queue, looked through: for a moment its messages are hidden from others.
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
         * Try again what failed
         * @description Sends dead letters to the queue again, at most `limit`: first sent, then deleted.
         */
        post: operations["redrive"];
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
         * @description From the table's totals, as of the last tick: it costs the same however many videos there are.
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
         * @description The pods of the pipeline by component; on one machine its processes.
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
    "/api/purge": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What a purge would take
         * @description Counts what is there, and gives the confirmation that a purge of it needs.
         */
        get: operations["previewPurge"];
        put?: never;
        post?: never;
        /**
         * Delete all videos and thumbnails
         * @description Deletes what was counted, all versions, with records, totals and dead letters. Cannot be undone.
         *
         *     A purge goes on when its process ends: another one continues it. 428 says that the confirmation is missing, forged,
         *     expired or used, and that nothing was deleted.
         */
        delete: operations["purge"];
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
         * @description As of the last tick, with the last five minutes. 503 when the queue does not answer.
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
    "/api/session": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who am I */
        get: operations["getSession"];
        put?: never;
        /**
         * Log in
         * @description Set a session cookie for a caller with a valid token. After ten wrong tokens an address has to wait.
         */
        post: operations["login"];
        /**
         * Log out
         * @description End the session, in all processes within seconds, and take its cookie away. Its sockets are closed.
         */
        delete: operations["logout"];
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
         * All that /ws pushes
         * @description The state of the last tick, for those who cannot keep a WebSocket.
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
         * @description Copies the videos of the test bucket, at most 50, into the uploads; follow them by their keys.
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
         * Thumbnails, the newest first
         * @description Presigned URLs hold for `URL_LIFETIME_S` and stay the same for some minutes, for the browser's cache.
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
         * Where to send a video
         * @description A form to POST the file with, or for a large one a multipart upload. Nobody else's video is overwritten.
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
         * Give a multipart upload up
         * @description Its parts are deleted.
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
         * End a multipart upload
         * @description Makes one object of the parts; S3 then tells the queue of it. May be asked again when the answer was lost.
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
         * Where to PUT parts
         * @description Signed for an hour; asked anew for a part that comes later.
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
        /** Videos, the newest first */
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
         * One video with its timeline
         * @description 404 until a worker has taken it for the first time.
         */
        get: operations["getVideo"];
        put?: never;
        post?: never;
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
         * Try a video again
         * @description Sends a failed video, or one whose thumbnails are lost, to the queue again: its dead letter if there is one, else
         *     a new event.
         */
        post: operations["retryVideo"];
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
         * @description The process answers; it says nothing of what it depends on.
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
         * @description Queue, bucket and table answer. 503 when one does not; asked at most once in five seconds.
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
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** BrokenRule */
        BrokenRule: {
            /**
             * Field
             * @description Where in the request: body, query or path, and the names below it.
             */
            field: string;
            /**
             * Rule
             * @description What it must be.
             */
            rule: string;
        };
        /** CompleteRequest */
        CompleteRequest: {
            /**
             * Key
             * @example uploads/trip/harbour.mp4
             */
            key: string;
            /** Parts */
            parts: components["schemas"]["UploadedPart"][];
            /** Upload Id */
            upload_id: string;
        };
        /**
         * Config
         * @description What a client must know and would otherwise hard-code.
         */
        Config: {
            /**
             * Auth Mode
             * @enum {string}
             */
            auth_mode: "token" | "oidc" | "none";
            /**
             * Can Test
             * @description Whether there is a bucket that Test Pipeline copies from.
             */
            can_test: boolean;
            /**
             * Extensions
             * @description Extensions of videos, lower case.
             * @example [
             *       ".mp4",
             *       ".mov"
             *     ]
             */
            extensions: string[];
            /**
             * History S
             * @description Seconds that the queue's history goes back.
             * @example 300
             */
            history_s: number;
            /**
             * History Step S
             * @description Seconds between two samples of it.
             * @example 5
             */
            history_step_s: number;
            /**
             * Max Receive Count
             * @description Tries of a video before it is given up.
             * @example 5
             */
            max_receive_count: number;
            /**
             * Multipart From Bytes
             * @description Uploads of this size go in parts.
             * @example 104857600
             */
            multipart_from_bytes: number;
            /**
             * Name
             * @description Name of the pipeline: what a purge asks to type.
             * @example thumbnails
             */
            name: string;
            /**
             * Page Max
             * @description Most entries of one page.
             * @example 200
             */
            page_max: number;
            /**
             * Positions Pct
             * @description Positions of the thumbnails, in percent of the duration.
             * @example [
             *       10,
             *       50,
             *       95
             *     ]
             */
            positions_pct: number[];
            /**
             * Push Interval S
             * @description Seconds between two messages over /ws.
             * @example 5
             */
            push_interval_s: number;
            /**
             * Role
             * @description Who asks.
             * @enum {string}
             */
            role: "viewer" | "operator";
            /**
             * Upload Max Bytes
             * @example 10737418240
             */
            upload_max_bytes: number;
            /**
             * Version
             * @example 0.1.0
             */
            version: string;
        };
        /** DeadLetter */
        DeadLetter: {
            /**
             * At
             * Format: date-time
             */
            at: string;
            /**
             * Attempts
             * @description Tries of the video; null where SQS moved the message by itself.
             */
            attempts: number | null;
            /** Id */
            id: string;
            /**
             * Key
             * @description The upload's key; empty where the message is no notification.
             */
            key: string;
            /** Reason */
            reason: string;
            reason_code: components["schemas"]["ReasonCode"];
        };
        /** DeadLetterGroup */
        DeadLetterGroup: {
            /** Count */
            count: number;
            /**
             * Example
             * @description The reason of the latest of them.
             */
            example: string;
            reason_code: components["schemas"]["ReasonCode"];
        };
        /** DeadLetters */
        DeadLetters: {
            /**
             * Groups
             * @description The listed ones by reason, the largest group first.
             */
            groups: components["schemas"]["DeadLetterGroup"][];
            /**
             * Is Complete
             * @description False where there are more than are listed.
             */
            is_complete: boolean;
            /**
             * Items
             * @description The newest first, at most 500.
             */
            items: components["schemas"]["DeadLetter"][];
            /**
             * Total
             * @description Messages in the dead-letter queue, as many as SQS thinks there are.
             */
            total: number;
        };
        /** Health */
        Health: {
            /**
             * Status
             * @default ok
             * @constant
             */
            status: "ok";
            /**
             * Version
             * @example 0.1.0
             */
            version: string;
        };
        /**
         * Latency
         * @description Seconds from an upload's event to its last thumbnail, over the latest hundred videos.
         */
        Latency: {
            /** P50 S */
            p50_s: number | null;
            /** P95 S */
            p95_s: number | null;
        };
        /** Login */
        Login: {
            /**
             * Token
             * @example k3J9hT0qVx2LwZ8s
             */
            token: string;
        };
        /** Metrics */
        Metrics: {
            /**
             * Drain S
             * @description Seconds until the queue is empty, at the rate of the last 5 minutes.
             */
            drain_s: number | null;
            latency: components["schemas"]["Latency"];
            /** Running Pods */
            running_pods: number;
            throughput: components["schemas"]["Throughput"];
            /** Thumbnail Bytes */
            thumbnail_bytes: number;
            /** Thumbnails */
            thumbnails: number;
            /** Total Pods */
            total_pods: number;
            /** Upload Bytes */
            upload_bytes: number;
            /**
             * Videos
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
         * @description A PUT for each part; then `complete` with the ETags that S3 answered.
         */
        PartsTicket: {
            /** Content Type */
            content_type: string;
            /** Key */
            key: string;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            kind: "parts";
            /** Part Count */
            part_count: number;
            /** Part Size Bytes */
            part_size_bytes: number;
            /** Upload Id */
            upload_id: string;
        };
        /** PartUrl */
        PartUrl: {
            /** Number */
            number: number;
            /** Url */
            url: string;
        };
        /** PartUrls */
        PartUrls: {
            /** Parts */
            parts: components["schemas"]["PartUrl"][];
        };
        /** PartUrlsRequest */
        PartUrlsRequest: {
            /**
             * Key
             * @example uploads/trip/harbour.mp4
             */
            key: string;
            /**
             * Numbers
             * @example [
             *       1,
             *       2,
             *       3
             *     ]
             */
            numbers: number[];
            /** Upload Id */
            upload_id: string;
        };
        /**
         * Pod
         * @description One pod. Names and phases are those of Kubernetes.
         */
        Pod: {
            /**
             * Component
             * @description What it is: worker, api, frontend.
             * @example worker
             */
            component: string;
            /**
             * Name
             * @example thumbnails-worker-7d9c5b6f4-x2x8v
             */
            name: string;
            /**
             * Node
             * @default null
             */
            node: string | null;
            /**
             * Phase
             * @description Phase of the pod, or the reason why it does not run: Running, Pending, CrashLoopBackOff, ImagePullBackOff, Terminating and so on.
             * @example Running
             */
            phase: string;
            /** Ready */
            ready: boolean;
            /** Restarts */
            restarts: number;
            /**
             * Started At
             * @default null
             */
            started_at: string | null;
        };
        /** PodGroup */
        PodGroup: {
            /**
             * Component
             * @example worker
             */
            component: string;
            /** Pods */
            pods: components["schemas"]["Pod"][];
            /** Ready */
            ready: number;
            /** Total */
            total: number;
        };
        /** Pods */
        Pods: {
            /**
             * Age S
             * @description Seconds since the source answered.
             */
            age_s: number | null;
            /**
             * Error
             * @description Why the source does not answer, when it does not.
             */
            error: string | null;
            /** Groups */
            groups: components["schemas"]["PodGroup"][];
            /** Running */
            running: number;
            /** Stale */
            stale: boolean;
            /** Total */
            total: number;
        };
        /**
         * Preview
         * @description A short animated WebP of the whole video.
         */
        Preview: {
            /**
             * Duration S
             * @example 5
             */
            duration_s: number;
            /**
             * Frames
             * @example 10
             */
            frames: number;
            /** Height Px */
            height_px: number;
            /** Size Bytes */
            size_bytes: number;
            /**
             * Url
             * @description Presigned.
             */
            url: string;
            /** Width Px */
            width_px: number;
        };
        /**
         * Problem
         * @description What went wrong, for people and for programs (RFC 9457).
         */
        Problem: {
            /**
             * Detail
             * @example There is no video uploads/missing.mp4.
             */
            detail: string;
            /**
             * Errors
             * @description The fields that break a rule, where some do.
             * @default null
             */
            errors: components["schemas"]["BrokenRule"][] | null;
            /**
             * Status
             * @example 404
             */
            status: number;
            /**
             * Title
             * @example Not Found
             */
            title: string;
            /**
             * Type
             * @default about:blank
             * @example about:blank
             */
            type: string;
        };
        /**
         * PurgePreview
         * @description What a purge would take; counted by listing, up to 100,000 versions of objects.
         */
        PurgePreview: {
            /** Bytes */
            bytes: number;
            /**
             * Confirmation
             * @description What `DELETE /api/purge` needs, once. It deletes what was there when this was counted, and nothing that was uploaded later.
             */
            confirmation: string;
            /**
             * Confirmation Until
             * Format: date-time
             * @description When the confirmation expires: a minute after the count.
             */
            confirmation_until: string;
            /**
             * Is Complete
             * @description False where there are more objects than were counted.
             */
            is_complete: boolean;
            /** @description The purge that runs, or the one that ran last. */
            last: components["schemas"]["PurgeProgress"] | null;
            /**
             * Objects
             * @description Versions of all of them, delete markers included.
             */
            objects: number;
            /** Records */
            records: number;
            /**
             * Thumbnails
             * @description Thumbnails, storyboards and previews.
             */
            thumbnails: number;
            /**
             * Videos
             * @description Uploads.
             */
            videos: number;
        };
        /** PurgeProgress */
        PurgeProgress: {
            /**
             * Deleted
             * @description Versions of objects deleted so far.
             */
            deleted: number;
            /** Deleted Bytes */
            deleted_bytes: number;
            /**
             * Error
             * @default null
             */
            error: string | null;
            /**
             * Finished At
             * @default null
             */
            finished_at: string | null;
            /** Id */
            id: string;
            /**
             * In Work
             * @description Videos that a worker still has: the purge waits for them.
             */
            in_work: number;
            /**
             * Phase
             * @enum {string}
             */
            phase: "uploads" | "records" | "in_work" | "thumbnails" | "dead_letters" | "done" | "failed";
            /**
             * Records
             * @description Records removed so far.
             */
            records: number;
            /** Running */
            running: boolean;
            /**
             * Started At
             * Format: date-time
             */
            started_at: string;
            /**
             * Total
             * @description As many as were counted at the start: an estimate.
             */
            total: number;
        };
        /**
         * PurgeStarted
         * @description The purge has begun; its progress comes over /ws and with GET /api/purge.
         */
        PurgeStarted: {
            /** Objects */
            objects: number;
            progress: components["schemas"]["PurgeProgress"];
        };
        /**
         * Queue
         * @description Messages of the queue, as many as SQS thinks there are.
         */
        Queue: {
            /**
             * Dead Letters
             * @description Messages in the dead-letter queue.
             */
            dead_letters: number;
            /**
             * Delayed
             * @description Not yet due.
             */
            delayed: number;
            /**
             * History
             * @description The last five minutes, oldest first; in pushes after the first, only the latest samples.
             */
            history: components["schemas"]["QueueSample"][];
            /**
             * In Flight
             * @description With a worker.
             */
            in_flight: number;
            /**
             * Oldest Age S
             * @description How long the oldest waiting message waits at most: since the youngest that a worker has taken, or since the queue was last empty. SQS itself does not tell it.
             */
            oldest_age_s: number | null;
            /**
             * Visible
             * @description Waiting for a worker.
             */
            visible: number;
        };
        /** QueueSample */
        QueueSample: {
            /**
             * At
             * Format: date-time
             */
            at: string;
            /** Dead Letters */
            dead_letters: number;
            /** Delayed */
            delayed: number;
            /** In Flight */
            in_flight: number;
            /** Visible */
            visible: number;
        };
        /**
         * Readiness
         * @description Whether the parts of AWS that the api needs answer.
         */
        Readiness: {
            /** Bucket */
            bucket: boolean;
            /** Queue */
            queue: boolean;
            /** Ready */
            ready: boolean;
            /** Table */
            table: boolean;
        };
        /**
         * ReasonCode
         * @description Why a video is degraded or failed. The sentence for people stands beside it in `reason`.
         * @enum {string}
         */
        ReasonCode: "empty" | "not_a_video" | "no_video_stream" | "encrypted" | "unsupported_codec" | "too_large" | "too_many_pixels" | "damaged" | "incomplete" | "nearby_frame" | "budget" | "memory" | "timeout" | "crashed" | "storage" | "malformed_event" | "deleted" | "internal";
        /** Redriven */
        Redriven: {
            /**
             * Keys
             * @description The videos, to be followed.
             */
            keys: string[];
            /** Redriven */
            redriven: number;
            /**
             * Remaining
             * @description Dead letters left, as many as SQS thinks there are.
             */
            remaining: number;
        };
        /**
         * RedriveRequest
         * @description Which dead letters to send again; all of them when neither a reason nor keys are given.
         */
        RedriveRequest: {
            /** Keys */
            keys?: string[] | null;
            /**
             * Limit
             * @description At most so many: five for a canary.
             * @default 1000
             */
            limit?: number;
            reason_code?: components["schemas"]["ReasonCode"] | null;
        };
        /** Retried */
        Retried: {
            /**
             * From Dead Letter
             * @description Whether its dead letter was taken, or a new event was made.
             */
            from_dead_letter: boolean;
            /** Key */
            key: string;
        };
        /** Session */
        Session: {
            /**
             * Auth Mode
             * @enum {string}
             */
            auth_mode: "token" | "oidc" | "none";
            /**
             * Expires At
             * @description When the login ends; never with a token.
             */
            expires_at?: string | null;
            /**
             * Name
             * @description Who it is, where the identity provider says so.
             */
            name?: string | null;
            /**
             * Role
             * @enum {string}
             */
            role: "viewer" | "operator";
        };
        /**
         * Source
         * @description How fresh a part of the state is.
         */
        Source: {
            /**
             * Age S
             * @description Seconds since it answered; null if it never did.
             */
            age_s: number | null;
            /**
             * Error
             * @description Why it does not answer, when it does not.
             */
            error: string | null;
            /** Stale */
            stale: boolean;
        };
        /**
         * State
         * @description What `/ws` pushes: all there is to know, at once on connect, then at every interval and when something happened.
         *
         *     A section is null as long as its source has never answered; afterwards it stays as it was, and `sources` says how
         *     old it is. `queue.history` is whole in the first message only.
         */
        State: {
            /**
             * At
             * Format: date-time
             * @description The server's time.
             */
            at: string;
            metrics: components["schemas"]["Metrics"] | null;
            /** Pods */
            pods: components["schemas"]["Pod"][] | null;
            /** @description The purge that runs, or ran in the last minute. */
            purge: components["schemas"]["PurgeProgress"] | null;
            queue: components["schemas"]["Queue"] | null;
            /** Seq */
            seq: number;
            /**
             * Server
             * @description The process that speaks: sequence numbers are its own.
             */
            server: string;
            /** Sources */
            sources: {
                [key: string]: components["schemas"]["Source"];
            };
            /**
             * Type
             * @default state
             * @constant
             */
            type: "state";
            /**
             * Videos
             * @description In work, at most 50; and the latest that ended, at most 50.
             */
            videos: components["schemas"]["VideoSummary"][];
        };
        /**
         * Storyboard
         * @description Small pictures of the whole video on one sheet, row by row: tile n, from 0, stands for `n * interval_s` on.
         */
        Storyboard: {
            /**
             * Columns
             * @example 10
             */
            columns: number;
            /**
             * Interval S
             * @example 5
             */
            interval_s: number;
            /** Size Bytes */
            size_bytes: number;
            /**
             * Tile Height Px
             * @example 90
             */
            tile_height_px: number;
            /**
             * Tile Width Px
             * @example 160
             */
            tile_width_px: number;
            /**
             * Tiles
             * @example 96
             */
            tiles: number;
            /**
             * Track Url
             * @description The WebVTT file, presigned. It names the sheet as its neighbour.
             */
            track_url: string;
            /**
             * Url
             * @description The sheet, presigned.
             */
            url: string;
        };
        /** Tested */
        Tested: {
            /**
             * Keys
             * @description The copies, to be followed.
             */
            keys: string[];
            /**
             * Prefix
             * @example uploads/test-20261124T093015/
             */
            prefix: string;
        };
        /**
         * Throughput
         * @description Videos that came to an end, per minute, over the last 1, 5 and 60 minutes; null before there is a minute.
         */
        Throughput: {
            /** Last 1 Min */
            last_1_min: number | null;
            /** Last 5 Min */
            last_5_min: number | null;
            /** Last 60 Min */
            last_60_min: number | null;
        };
        /** Thumbnail */
        Thumbnail: {
            /**
             * Created At
             * Format: date-time
             */
            created_at: string;
            /** Height Px */
            height_px: number;
            /**
             * Key
             * @example thumbnails/trip/harbour_1.jpg
             */
            key: string;
            /** Note */
            note?: string | null;
            /**
             * Position Pct
             * @example 10
             */
            position_pct: number;
            /** Size Bytes */
            size_bytes: number;
            /**
             * Time S
             * @description Time of the frame that it shows, from the start of the video.
             */
            time_s: number;
            /**
             * Url
             * @description Presigned: the same one for some minutes, so that a browser can keep the picture.
             */
            url: string;
            /**
             * Video Key
             * @example uploads/trip/harbour.mp4
             */
            video_key: string;
            /** Width Px */
            width_px: number;
        };
        /** ThumbnailPage */
        ThumbnailPage: {
            /** Items */
            items: components["schemas"]["Thumbnail"][];
            /**
             * Next Cursor
             * @description Where the next page begins; null on the last.
             */
            next_cursor: string | null;
        };
        /** TimelineEntry */
        TimelineEntry: {
            /**
             * At
             * Format: date-time
             */
            at: string;
            /**
             * Event
             * @enum {string}
             */
            event: "uploaded" | "received" | "stored" | "degraded" | "failed";
            /** Note */
            note?: string | null;
        };
        /** Uploaded */
        Uploaded: {
            /** Key */
            key: string;
            /** Size Bytes */
            size_bytes: number;
        };
        /** UploadedPart */
        UploadedPart: {
            /**
             * Etag
             * @example "9b2cf535f27731c974343645a3985328"
             */
            etag: string;
            /** Number */
            number: number;
        };
        /** UploadRef */
        UploadRef: {
            /**
             * Key
             * @example uploads/trip/harbour.mp4
             */
            key: string;
            /** Upload Id */
            upload_id: string;
        };
        /** UploadRequest */
        UploadRequest: {
            /**
             * Name
             * @description Name of the file, with folders if wanted. What S3 or a browser would stumble over is left out.
             * @example trip/harbour.mp4
             */
            name: string;
            /**
             * Overwrite
             * @description Whether it may replace a video of that name; otherwise it gets another name.
             * @default false
             */
            overwrite?: boolean;
            /**
             * Size Bytes
             * @example 1310000
             */
            size_bytes: number;
        };
        /** Video */
        Video: {
            /** Attempt */
            attempt: number;
            /** Bytes Read */
            bytes_read: number;
            /** Codec */
            codec?: string | null;
            /** Container */
            container?: string | null;
            /** Cpu S */
            cpu_s: number;
            /** Duration S */
            duration_s?: number | null;
            /** Finished At */
            finished_at?: string | null;
            /** Height Px */
            height_px?: number | null;
            /**
             * Id
             * @description The key as one path segment: usable in its place in every path, whatever the key holds.
             * @example ~dXBsb2Fkcy90cmlwL2hhcmJvdXIubXA0
             */
            id: string;
            /**
             * Key
             * @example uploads/trip/harbour.mp4
             */
            key: string;
            /**
             * Queued At
             * Format: date-time
             */
            queued_at: string;
            /** Reason */
            reason?: string | null;
            reason_code?: components["schemas"]["ReasonCode"] | null;
            /** Requests */
            requests: number;
            /** Size Bytes */
            size_bytes: number;
            /**
             * Started At
             * Format: date-time
             */
            started_at: string;
            state: components["schemas"]["VideoState"];
            /** Thumbnails */
            thumbnails: components["schemas"]["Thumbnail"][];
            /**
             * Updated At
             * Format: date-time
             */
            updated_at: string;
            /** Width Px */
            width_px?: number | null;
            /** Worker */
            worker: string;
        };
        /** VideoDetails */
        VideoDetails: {
            /** Attempt */
            attempt: number;
            /** Bytes Read */
            bytes_read: number;
            /** Codec */
            codec?: string | null;
            /** Container */
            container?: string | null;
            /** Cpu S */
            cpu_s: number;
            /**
             * Download Url
             * @description The video itself, presigned.
             */
            download_url: string;
            /** Duration S */
            duration_s?: number | null;
            /** Finished At */
            finished_at?: string | null;
            /** Height Px */
            height_px?: number | null;
            /**
             * Id
             * @description The key as one path segment: usable in its place in every path, whatever the key holds.
             * @example ~dXBsb2Fkcy90cmlwL2hhcmJvdXIubXA0
             */
            id: string;
            /**
             * Key
             * @example uploads/trip/harbour.mp4
             */
            key: string;
            /** @description Null unless it was asked for, and the video gave one. */
            preview: components["schemas"]["Preview"] | null;
            /**
             * Queued At
             * Format: date-time
             */
            queued_at: string;
            /** Reason */
            reason?: string | null;
            reason_code?: components["schemas"]["ReasonCode"] | null;
            /** Requests */
            requests: number;
            /** Size Bytes */
            size_bytes: number;
            /**
             * Started At
             * Format: date-time
             */
            started_at: string;
            state: components["schemas"]["VideoState"];
            /** @description Null unless it was asked for, and the video gave one. */
            storyboard: components["schemas"]["Storyboard"] | null;
            /** Thumbnails */
            thumbnails: components["schemas"]["Thumbnail"][];
            /** Timeline */
            timeline: components["schemas"]["TimelineEntry"][];
            /**
             * Updated At
             * Format: date-time
             */
            updated_at: string;
            /** Width Px */
            width_px?: number | null;
            /** Worker */
            worker: string;
        };
        /** VideoPage */
        VideoPage: {
            /** Items */
            items: components["schemas"]["Video"][];
            /**
             * Next Cursor
             * @description Where the next page begins; null on the last. A search looks at a thousand videos at a time: a page may be empty and yet not be the last.
             */
            next_cursor: string | null;
        };
        /**
         * VideoState
         * @enum {string}
         */
        VideoState: "processing" | "done" | "degraded" | "failed";
        /** VideoSummary */
        VideoSummary: {
            /** Attempt */
            attempt: number;
            /**
             * Finished At
             * @default null
             */
            finished_at: string | null;
            /**
             * Id
             * @description The key as one path segment: usable in its place in every path, whatever the key holds.
             * @example ~dXBsb2Fkcy90cmlwL2hhcmJvdXIubXA0
             */
            id: string;
            /**
             * Key
             * @example uploads/trip/harbour.mp4
             */
            key: string;
            /**
             * Queued At
             * Format: date-time
             */
            queued_at: string;
            /**
             * Reason
             * @default null
             */
            reason: string | null;
            /** @default null */
            reason_code: components["schemas"]["ReasonCode"] | null;
            /**
             * Started At
             * Format: date-time
             */
            started_at: string;
            state: components["schemas"]["VideoState"];
            /**
             * Updated At
             * Format: date-time
             */
            updated_at: string;
            /** Worker */
            worker: string;
        };
        /**
         * WholeTicket
         * @description One POST of a form: these fields, then the file as `file`.
         */
        WholeTicket: {
            /** Content Type */
            content_type: string;
            /**
             * Expires At
             * Format: date-time
             */
            expires_at: string;
            /** Fields */
            fields: {
                [key: string]: string;
            };
            /** Key */
            key: string;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            kind: "whole";
            /** Url */
            url: string;
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
            /** @description Successful Response */
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
            /** @description Successful Response */
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
            /** @description Successful Response */
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
    getMetrics: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
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
            /** @description Successful Response */
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
            /** @description Successful Response */
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
                /** @description The `confirmation` of GET /api/purge, which is valid for a minute. */
                confirmation?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
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
    getQueue: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
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
            /** @description Successful Response */
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
            /** @description Successful Response */
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
            /** @description Successful Response */
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
            /** @description Successful Response */
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
            /** @description Successful Response */
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
                /** @description `next_cursor` of the page before. */
                cursor?: string | null;
                /** @description Most entries of the page. */
                limit?: number;
                /** @description Only those of this position, in percent. */
                position?: number | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
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
            /** @description Successful Response */
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
            /** @description Request Entity Too Large */
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
            /** @description Successful Response */
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
            /** @description Successful Response */
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
            /** @description Request Entity Too Large */
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
            /** @description Successful Response */
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
                /** @description `next_cursor` of the page before. */
                cursor?: string | null;
                /** @description Most entries of the page. */
                limit?: number;
                /** @description Only those whose key holds this, in any case. */
                q?: string | null;
                /** @description Only those in this state. */
                state?: components["schemas"]["VideoState"] | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
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
            query?: never;
            header?: never;
            path: {
                /** @description The object key with its slashes, or the video's `id`. */
                key: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
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
    retryVideo: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The object key with its slashes, or the video's `id`. */
                key: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
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
    getHealth: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
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
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Readiness"];
                };
            };
            /** @description Something does not answer. */
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
}
