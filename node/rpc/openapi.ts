// GET /openapi.json: the interface as an OpenAPI 3.1 document, made of the schemas that validate requests and of those that
// the tests hold the answers against.

import { z } from "zod";
import { eventData, namedSchemas, problem } from "./answer-schemas.ts";
import type { RpcLimits } from "./limits.ts";
import { type Answer, type Operation, operations } from "./operations.ts";
import { PROBLEM_CONTENT_TYPE } from "./problems.ts";
import { openJson } from "./responses.ts";

/** The path's answer, made once. */
export function openApiPage(limits: RpcLimits) {
  let document: Json | undefined;
  return (): Response => {
    document ??= openApiDocument(limits);
    return openJson(200, document);
  };
}

type Json = { readonly [name: string]: unknown };

const DESCRIPTION =
  "One node of a Quorate chain. Numbers of 64 bits are decimal strings, bytes are 0x-hex, addresses are bech32m. " +
  "Every refusal is a problem document (RFC 9457) with a `code`.";

export function openApiDocument(limits: RpcLimits): Json {
  const paths: Record<string, Record<string, Json>> = {};
  for (const operation of operations(limits)) {
    const path = operation.path.replaceAll(/:(\w+)(?:\{[^}]*\})?/g, "{$1}");
    paths[path] = { ...paths[path], [operation.method]: operationObject(operation) };
  }
  return {
    openapi: "3.1.0",
    info: { title: "Quorate", version: "1", description: DESCRIPTION },
    paths,
    components: {
      schemas: componentSchemas(),
      responses: {
        Problem: {
          description: "Why not, and what to do about it",
          content: { [PROBLEM_CONTENT_TYPE]: { schema: referenceTo(problem) } },
        },
      },
    },
  };
}

function operationObject(operation: Operation): Json {
  const { summary, description, params, query, headers, body } = operation;
  const parameters = [
    ...parameterObjects("path", params),
    ...parameterObjects("query", query),
    ...parameterObjects("header", headers),
  ];
  return {
    summary,
    ...(description === undefined ? {} : { description }),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined ? {} : { requestBody: bodyObject(body) }),
    responses: {
      ...Object.fromEntries(
        operation.answers.map((answer) => [answer.status, answerObject(answer)]),
      ),
      default: { $ref: "#/components/responses/Problem" },
    },
  };
}

function parameterObjects(place: "path" | "query" | "header", schema?: z.ZodObject): Json[] {
  if (schema === undefined) return [];
  const { properties = {}, required = [] } = inputSchema(schema) as {
    readonly properties?: Record<string, Json>;
    readonly required?: readonly string[];
  };
  return Object.entries(properties).map(([name, property]) => {
    return { name, in: place, required: required.includes(name), schema: property };
  });
}

function bodyObject({ json, raw }: NonNullable<Operation["body"]>): Json {
  return {
    required: true,
    content: {
      "application/octet-stream": { schema: { description: raw } },
      "application/json": { schema: inputSchema(json) },
    },
  };
}

function answerObject({ description, schema, media = "application/json" }: Answer): Json {
  const isStream = media === "text/event-stream";
  const shape = schema === undefined ? { type: "string" } : referenceTo(schema);
  const events = Object.entries(eventData).map(([name, data]) => [name, referenceTo(data)]);
  const extra = isStream ? { "x-events": Object.fromEntries(events) } : {};
  return { description, content: { [media]: { schema: shape, ...extra } } };
}

const uri = (id: string) => `#/components/schemas/${id}`;

/** Where the document has the schema, or the schema itself if it has no name. */
function referenceTo(schema: z.ZodType): Json {
  const id = namedSchemas.get(schema)?.id;
  return id === undefined ? inputSchema(schema) : { $ref: uri(id) };
}

function componentSchemas(): Json {
  const { schemas } = z.toJSONSchema(namedSchemas, { uri });
  return Object.fromEntries(Object.entries(schemas).map(([id, schema]) => [id, bare(schema)]));
}

/** What a client may send: before defaults and conversions. */
function inputSchema(schema: z.ZodType): Json {
  return bare(z.toJSONSchema(schema, { io: "input" }));
}

/** The document as a whole says which dialect it speaks, and where each schema is. */
function bare({ $schema: _, $id: __, ...schema }: Json): Json {
  return schema;
}
