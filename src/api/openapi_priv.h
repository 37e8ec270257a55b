/* What the files that write the OpenAPI document share. Failures stay in the buffer of the json_out. */
#ifndef TS_OPENAPI_PRIV_H
#define TS_OPENAPI_PRIV_H

#include "contract_priv.h"

/* --- small parts --- */
void oa_text(struct json_out *o, const char *name, const char *text);
/* A text that has been put together; its failure is the document's. */
void oa_buf(struct json_out *o, const char *name, const struct buf *text);
/* The same for what is JSON text. */
void oa_json(struct json_out *o, const char *name, const struct buf *json);
/* Opens an object under an HTTP status. */
void oa_status(struct json_out *o, int http);
/* The member "$ref" of the component `name` of a kind ("schemas"); or an object that is just that. */
void oa_ref(struct json_out *o, const char *kind, const char *name);
void oa_named_ref(struct json_out *o, const char *as, const char *kind, const char *name);
/* The URI of a problem's type. */
void oa_type_uri(struct json_out *o, const char *name, enum status st);

/* --- schemas --- */
/* The keywords of a row, inside an open object. */
void oa_row(struct json_out *o, const struct field *field, bool input);
/* A component: a closed object. */
void oa_schema(struct json_out *o, const struct schema *schema, bool input);
void oa_problem_schema(struct json_out *o);
/* A problem document with the members of a schema besides, for STATUS_UPLOAD_REFUSED. */
void oa_extended_problem(struct json_out *o, const struct schema *extension);
enum { OA_NAME = 128 };
void oa_extended_name(const struct schema *extension, char out[OA_NAME]);
void oa_problem_types(struct json_out *o);
/* A media type whose text is made of such objects (schema may be NULL), one a line or row. */
void oa_lines(struct json_out *o, const char *media, const struct schema *schema, const char *doc);

/* --- replies --- */
void oa_responses(struct json_out *o, const struct operation *op);
void oa_header_components(struct json_out *o);
void oa_response_components(struct json_out *o);

#endif
