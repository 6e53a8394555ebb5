package influx

import (
	"bytes"

	"steward/gateway"
)

// maxSuspects bounds the remembered series.
const maxSuspects = 1024

// suspects are the series (measurement and tags) whose lines were refused of
// late. A point whose type changed is refused in every batch: written apart,
// such lines cost one request and not a search through the batch each time.
type suspects map[string]struct{}

func series(l []byte) []byte {
	if i := bytes.IndexByte(l, ' '); i >= 0 { // an escaped blank only makes the name shorter
		return l[:i]
	}
	return l
}

// note remembers refused lines.
func (s suspects) note(refused []gateway.Refused) {
	for _, r := range refused {
		if len(s) < maxSuspects {
			s[string(series(r.Line))] = struct{}{}
		}
	}
}

// clear forgets the series of lines that were all stored.
func (s suspects) clear(entries []gateway.Entry) {
	for i := range entries {
		delete(s, string(series(entries[i].Line)))
	}
}

// part splits entries into those of other series and those of suspects, each
// in the order it was in.
func (s suspects) part(entries []gateway.Entry) (clean, suspect []gateway.Entry) {
	if len(s) == 0 {
		return entries, nil
	}
	for i := range entries {
		if _, ok := s[string(series(entries[i].Line))]; ok {
			suspect = append(suspect, entries[i])
		}
	}
	if len(suspect) == 0 {
		return entries, nil
	}
	clean = make([]gateway.Entry, 0, len(entries)-len(suspect))
	for i := range entries {
		if _, ok := s[string(series(entries[i].Line))]; !ok {
			clean = append(clean, entries[i])
		}
	}
	return clean, suspect
}
