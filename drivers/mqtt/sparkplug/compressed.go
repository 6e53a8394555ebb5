package sparkplug

import (
	"compress/gzip"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"strings"
)

// compressed is the UUID of a payload whose body holds the real one,
// compressed. Sparkplug B 3.0 does not know it; Eclipse Tahu and the clients
// made after it write such payloads where they are told to.
const compressed = "SPBV1.0_COMPRESSED"

// algorithmMetric names how the body is compressed; without it: DEFLATE.
const algorithmMetric = "algorithm"

// maxInflated is how large a payload may become, in bytes: what is larger is
// no device's, and a small message must not fill the memory.
const maxInflated = 1 << 20

// open puts the payload in the body into the place of p, its envelope. The
// envelope's time and sequence number hold where the payload has none.
func open(body string, p *Payload) error {
	envelope := *p
	algorithm := ""
	for i := range p.Metrics {
		if m := &p.Metrics[i]; m.Name == algorithmMetric && m.form == formText {
			algorithm = m.text
		}
	}
	inner, err := inflate(body, algorithm)
	if err != nil {
		return fmt.Errorf("a compressed payload: %w", err)
	}
	again, _, err := decode(inner, p)
	switch {
	case err != nil:
		return fmt.Errorf("in a compressed payload: %w", err)
	case again == compressed:
		return errors.New("a compressed payload within a compressed one")
	}
	if p.Time.IsZero() {
		p.Time = envelope.Time
	}
	if !p.HasSeq {
		p.Seq, p.HasSeq = envelope.Seq, envelope.HasSeq
	}
	return nil
}

// inflate undoes a compression.
func inflate(body, algorithm string) (string, error) {
	var r io.Reader
	var err error
	switch strings.ToUpper(algorithm) {
	case "", "DEFLATE": // as Java, JavaScript and Python name the zlib format
		r, err = zlib.NewReader(strings.NewReader(body))
	case "GZIP":
		r, err = gzip.NewReader(strings.NewReader(body))
	default:
		return "", fmt.Errorf("algorithm %q is not known", algorithm)
	}
	if err != nil {
		return "", err
	}
	var out strings.Builder
	n, err := io.Copy(&out, io.LimitReader(r, maxInflated+1))
	switch {
	case err != nil:
		return "", err
	case n > maxInflated:
		return "", fmt.Errorf("more than %d bytes in it", maxInflated)
	}
	return out.String(), nil
}
