package dashboard

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/jsonschema-go/jsonschema"

	"steward/gateway"
	"steward/gateway/duty"
)

var update = flag.Bool("update", false, "write openapi.json anew")

// TestOpenAPI holds the checked-in document against the routes and the wire
// types.
func TestOpenAPI(t *testing.T) {
	want, err := json.MarshalIndent(document(t), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	want = append(want, '\n')
	if *update {
		if err := os.WriteFile("openapi.json", want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if got, err := os.ReadFile("openapi.json"); err != nil || !bytes.Equal(got, want) {
		t.Errorf("openapi.json is not what the routes and wire types say (%v): go test ./dashboard -run TestOpenAPI -update", err)
	}
}

type object = map[string]any

// document makes the OpenAPI document of the routes table.
func document(t *testing.T) object {
	paths := object{}
	for _, r := range routes() {
		path := templated(r.path)
		if paths[path] == nil {
			paths[path] = object{}
		}
		paths[path].(object)[strings.ToLower(r.method)] = operation(r)
	}
	return object{
		"openapi": "3.1.0",
		"info": object{
			"title": "Steward", "version": "1",
			"description": "The gateway's API. Times are RFC 3339 or Unix milliseconds as named; durations are nanoseconds.",
		},
		"paths": paths,
		"components": object{
			"schemas": schemas(t),
			"securitySchemes": object{
				"session": object{"type": "apiKey", "in": "cookie", "name": cookieName},
				"basic":   object{"type": "http", "scheme": "basic"},
			},
		},
	}
}

func templated(path string) string {
	parts := strings.Split(path, "/")
	for i, p := range parts {
		if name, ok := strings.CutPrefix(p, ":"); ok {
			parts[i] = "{" + name + "}"
		}
	}
	return strings.Join(parts, "/")
}

func operation(r route) object {
	op := object{"summary": r.summary, "responses": responses(r)}
	if r.doc != "" {
		op["description"] = r.doc
	}
	params := []object{}
	for _, p := range strings.Split(r.path, "/") {
		if name, ok := strings.CutPrefix(p, ":"); ok {
			params = append(params, object{"name": name, "in": "path", "required": true, "schema": object{"type": "string"}})
		}
	}
	for _, p := range r.query {
		params = append(params, object{"name": p.name, "in": "query", "description": p.doc, "schema": object{"type": "string"}})
	}
	if len(params) > 0 {
		op["parameters"] = params
	}
	if r.takes != nil {
		content := jsonOf(r.takes)
		if kind, ok := r.takes.(mediaType); ok {
			content = object{string(kind): object{}}
		}
		op["requestBody"] = object{"required": true, "content": content}
	}
	switch r.access {
	case signedIn:
		op["security"] = []object{{"session": []string{}}}
	case orBasic:
		op["security"] = []object{{"session": []string{}}, {"basic": []string{}}}
	}
	return op
}

func responses(r route) object {
	all := object{}
	switch g := r.gives.(type) {
	case nil:
		all["204"] = object{"description": "done"}
	case mediaType:
		all["200"] = object{"description": "ok", "content": object{string(g): object{}}}
	default:
		all["200"] = object{"description": "ok", "content": jsonOf(g)}
	}
	fails := r.fails
	if r.access != anyone {
		fails = append([]int{401}, fails...)
	}
	for _, code := range fails {
		body := any(Error{})
		if _, ready := r.gives.(Ready); ready && code == 503 {
			body = r.gives
		}
		all[fmt.Sprint(code)] = object{"description": strings.ToLower(statusText(code)), "content": jsonOf(body)}
	}
	return all
}

func jsonOf(v any) object {
	return object{"application/json": object{"schema": object{"$ref": "#/components/schemas/" + reflect.TypeOf(v).Name()}}}
}

// schemas describes every wire type, also those inside a live stream.
func schemas(t *testing.T) object {
	names := func(all ...fmt.Stringer) (s []any) {
		for _, one := range all {
			s = append(s, one.String())
		}
		return s
	}
	opts := &jsonschema.ForOptions{TypeSchemas: map[reflect.Type]*jsonschema.Schema{
		reflect.TypeFor[gateway.Quality](): {Type: "string", Enum: names(gateway.QualityUnknown, gateway.QualityGood,
			gateway.QualityUncertain, gateway.QualityStale, gateway.QualityBad, gateway.QualityLost)},
		reflect.TypeFor[gateway.PointType](): {Type: "string", Enum: names(gateway.Float, gateway.Int, gateway.Bool, gateway.Enum)},
		reflect.TypeFor[gateway.State](): {Type: "string", Enum: []any{gateway.StateUp, gateway.StateStarting,
			gateway.StateWarning, gateway.StateDown}},
		reflect.TypeFor[duty.Priority]():    {Type: "string", Enum: names(duty.P1, duty.P2, duty.P3, duty.P4)},
		reflect.TypeFor[duty.AlarmState]():  {Type: "string", Enum: texts(duty.AlarmStates())},
		reflect.TypeFor[duty.TicketState](): {Type: "string", Enum: texts(duty.TicketStates())},
		reflect.TypeFor[time.Time]():        {Type: "string", Format: "date-time"},
		reflect.TypeFor[Numbers]():          {Type: "array", Items: &jsonschema.Schema{Types: []string{"number", "null"}}},
		reflect.TypeFor[Samples]():          {Type: "array", Items: &jsonschema.Schema{Type: "array", MinItems: new(2), MaxItems: new(3)}},
	}}
	all := object{}
	types := []any{Error{}, Description{}, Batch{}, Beat{}, Changes{}}
	for _, r := range routes() {
		types = append(types, r.takes, r.gives)
	}
	for _, v := range types {
		kind := reflect.TypeOf(v)
		if kind == nil || kind.Kind() != reflect.Struct {
			continue
		}
		schema, err := jsonschema.ForType(kind, opts)
		if err != nil {
			t.Fatalf("schema of %v: %v", kind, err)
		}
		text, err := json.Marshal(schema)
		if err != nil {
			t.Fatal(err)
		}
		var plain object
		if err := json.Unmarshal(text, &plain); err != nil {
			t.Fatal(err)
		}
		neverNull(plain)
		all[kind.Name()] = plain
	}
	return all
}

// texts are the values of an enumeration.
func texts[T ~string](all []T) (s []any) {
	for _, one := range all {
		s = append(s, string(one))
	}
	return s
}

// neverNull takes null from lists and maps: ours have none.
func neverNull(x any) {
	switch x := x.(type) {
	case object:
		if kinds, ok := x["type"].([]any); ok && len(kinds) == 2 && kinds[0] == "null" && (kinds[1] == "array" || kinds[1] == "object") {
			x["type"] = kinds[1]
		}
		for _, v := range x {
			neverNull(v)
		}
	case []any:
		for _, v := range x {
			neverNull(v)
		}
	}
}

// conforms checks an answer against the checked-in document.
func conforms(t *testing.T, kind string, body []byte) {
	t.Helper()
	var doc struct {
		Components struct {
			Schemas map[string]*jsonschema.Schema `json:"schemas"`
		} `json:"components"`
	}
	if err := json.Unmarshal(openAPI, &doc); err != nil {
		t.Fatal(err)
	}
	schema := doc.Components.Schemas[kind]
	if schema == nil {
		t.Fatalf("openapi.json has no schema %s", kind)
	}
	resolved, err := schema.Resolve(nil)
	if err != nil {
		t.Fatal(err)
	}
	var instance any
	if err := json.Unmarshal(body, &instance); err != nil {
		t.Fatalf("%s: %v: %s", kind, err, body)
	}
	if err := resolved.Validate(instance); err != nil {
		t.Errorf("answer is no %s: %v: %.500s", kind, err, body)
	}
}
