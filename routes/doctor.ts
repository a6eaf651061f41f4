import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import { type CameraAddress, readHostPort } from "../lib/config/camera_address.ts";
import { cameraAddress, TEXT_RULE } from "../lib/config/setting_types.ts";
import { CAUSE_TYPES } from "../lib/doctor/cause.ts";
import { type DoctorLine, RETRY_AFTER } from "../lib/doctor/doctor_desk.ts";
import { STEP_NAMES, STEP_OUTCOMES } from "../lib/doctor/step.ts";
import { WAYS } from "../lib/hub/camera_status.ts";
import type { AppOptions } from "./app_options.ts";
import { causeOf } from "./cause.ts";
import type { AppEnv, AppRoutes } from "./env.ts";
import { budgetProblem, Problem, refusal } from "./problem.ts";
import { failures, noQuery } from "./request_schemas.ts";

const MAX_CLOUDS = 8;

/** One JSON object a line: to a router that knows JSON as one value, a type like any other. */
const NDJSON: string = "application/x-ndjson";

const stepSchema = z.object({
  event: z.literal("step"),
  step: z.enum(STEP_NAMES),
  outcome: z.enum(STEP_OUTCOMES),
  at: z.number().meta({ description: "When it was over, in ms since the beginning" }),
  took: z.number().optional().meta({ description: "How long it took, in ms" }),
  way: z.enum(WAYS).optional(),
  detail: z.string().meta({ description: "What was found, as a clause" }),
}).meta({ id: "DoctorStep" });

const verdictSchema = z.object({
  event: z.literal("verdict"),
  type: z.enum(CAUSE_TYPES).meta({ description: "The cause in a word, for programs" }),
  cause: z.string().meta({ description: "What is wrong, in one sentence" }),
  remedy: z.string().meta({ description: "What to do about it, in one sentence" }),
  exitCode: z.int().meta({ description: "With which sightline doctor ends" }),
}).meta({ id: "DoctorVerdict" });

const line = z.discriminatedUnion("event", [stepSchema, verdictSchema]).meta({ id: "DoctorLine" });

const cloud = z.string(TEXT_RULE).max(260).transform((text, context) => {
  const server = readHostPort(text);
  if (server !== undefined) return server;
  context.addIssue({ code: "custom", message: "be HOST:PORT", input: text });
  return z.NEVER;
});

const requestSchema = z.strictObject({
  address: cameraAddress.optional().meta({
    description: "A camera's address, as in the configuration; or else `camera`",
    examples: ["dahua://admin:secret@4K0123PAZ00001"],
  }),
  camera: z.string().max(64).optional().meta({
    description: "The name of a camera of this daemon; or else `address`",
    examples: ["front"],
  }),
  wake: z.boolean().default(false).meta({
    description:
      "Whether a camera may be called that may run on a battery, which wakes it: counts " +
      "as a wake, for which there must be some left in the budget of the daemon's camera",
  }),
  clouds: z.array(cloud).max(MAX_CLOUDS).default([]).meta({
    description: "Further clouds to ask, HOST:PORT, when the camera's own does not know it",
  }),
}).refine(({ address, camera }) => (address === undefined) !== (camera === undefined), {
  message: "have either address or camera",
}).meta({ id: "DoctorRequest" });

const examination = createRoute({
  method: "post",
  path: "/api/v1/doctor",
  tags: ["doctor"],
  summary: "Every step towards a camera, then what is wrong and what to do about it",
  description:
    "One JSON object a line, each as it happens; the last one is the verdict. A camera is examined " +
    "by one doctor at a time, on connections of its own besides those the daemon has. A request " +
    "that is given up ends the examination.",
  request: {
    query: noQuery,
    body: { required: true, content: { "application/json": { schema: requestSchema } } },
  },
  responses: {
    200: { description: "Lines of the examination", content: { [NDJSON]: { schema: line } } },
    ...failures("unknown-camera", "unsupported-media-type", "wake-budget"),
  },
});

/** The doctor, for cameras of this daemon and others. */
export function doctorRoutes(options: AppOptions): AppRoutes {
  return new OpenAPIHono<AppEnv>().openapi(examination, (c) => {
    const { address, camera, wake, clouds } = c.req.valid("json");
    const patient = address ?? addressOf(options, camera ?? "");
    const stream = new DoctorStream(c.req.raw.signal);
    // Others are called whether or not they have a battery.
    const mayReach = wake || patient.vendor !== "reolink" || patient.target.type === "host";
    const admit = () => options.doctor.visit(patient, causeOf(c));
    const begun = options.doctor.begin(
      { address: patient, mayWake: wake, clouds, ...(mayReach && { admit }) },
      (line) => stream.write(line),
      stream.signal,
    );
    if (typeof begun === "string") throw tooMany(begun);
    if (!(begun instanceof Promise)) throw budgetProblem(begun, camera);
    void begun.then(() => stream.end(), (error) => {
      options.log.error("an examination failed, which is a bug of ours", { error: String(error) });
      stream.fail(error);
    });
    c.header("Content-Type", NDJSON);
    c.header("X-Accel-Buffering", "no");
    return c.body(stream.readable, 200);
  });
}

function addressOf({ doctor }: AppOptions, name: string): CameraAddress {
  const address = doctor.addressOf(name);
  if (address === undefined) throw refusal(name, { type: "unknown" });
  return address;
}

function tooMany(why: "busy" | "full"): Problem {
  return new Problem("too-many-requests", {
    detail: why === "busy"
      ? "This camera is being examined already"
      : "Too many cameras are being examined already",
    retryAfter: RETRY_AFTER,
  });
}

/** The lines of one examination on their way to whoever asked. */
class DoctorStream {
  readonly readable: ReadableStream<Uint8Array>;
  readonly #leaving = new AbortController();
  readonly #encoder = new TextEncoder();
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;

  /** @param request Fires when the asker goes away. */
  constructor(request: AbortSignal) {
    const leave = () => this.#leaving.abort();
    this.readable = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#controller = controller;
      },
      cancel: leave,
    });
    request.addEventListener("abort", leave, { once: true });
    if (request.aborted) leave();
  }

  /** Fires when nobody listens any more. */
  get signal(): AbortSignal {
    return this.#leaving.signal;
  }

  write(line: DoctorLine): void {
    if (this.signal.aborted) return;
    this.#controller?.enqueue(this.#encoder.encode(`${JSON.stringify(line)}\n`));
  }

  end(): void {
    if (!this.signal.aborted) this.#controller?.close();
  }

  fail(error: unknown): void {
    if (!this.signal.aborted) this.#controller?.error(error);
  }
}
