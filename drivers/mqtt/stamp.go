package mqtt

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/tidwall/gjson"
)

// stamp reads the source's time out of a payload.
type stamp struct {
	path   string
	format string
	zone   *time.Location // of a layout without a zone
}

func newStamp(path, format, zone string, site *time.Location) (*stamp, error) {
	s := &stamp{path: path, format: format, zone: site}
	if s.zone == nil {
		s.zone = time.UTC
	}
	if format == "" {
		return nil, fmt.Errorf("time %s has no format", path)
	}
	if zone != "" {
		z, err := time.LoadLocation(zone)
		if err != nil {
			return nil, fmt.Errorf("time zone %q: %w", zone, err)
		}
		s.zone = z
	}
	return s, nil
}

// maxUnix bounds seconds that still make a sensible time (the year 5138).
const maxUnix = 1e11

// read returns the time in the payload, zero where it gives none (absent or
// null), or why what it gives cannot be read.
func (s *stamp) read(payload string) (time.Time, error) {
	v := gjson.Get(payload, s.path)
	if !v.Exists() || v.Type == gjson.Null {
		return time.Time{}, nil
	}
	text := v.Str
	if v.Type != gjson.String {
		text = v.Raw
	}
	switch s.format {
	case "unix":
		return unixTime(text, 1)
	case "unix_ms":
		return unixTime(text, 1000)
	case "rfc3339":
		t, err := time.Parse(time.RFC3339Nano, text)
		if err != nil {
			return time.Time{}, fmt.Errorf("source time %q is not RFC 3339", clip(text, 40))
		}
		return t, nil
	}
	t, err := time.ParseInLocation(s.format, text, s.zone)
	if err != nil {
		return time.Time{}, fmt.Errorf("source time %q is not %q", clip(text, 40), s.format)
	}
	return t, nil
}

// unixTime reads seconds (or 1/per of them) since 1970, with a fraction down
// to the microsecond: a float64 carries no more today.
func unixTime(text string, per float64) (time.Time, error) {
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(f) || math.Abs(f/per) > maxUnix {
		return time.Time{}, fmt.Errorf("source time %q is not a Unix time", clip(text, 40))
	}
	sec, frac := math.Modf(f / per)
	return time.Unix(int64(sec), int64(math.Round(frac*1e6))*1000), nil
}
