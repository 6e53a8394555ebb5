package gateway

import (
	"fmt"
	"slices"
)

// Quality says how far a value can be trusted. A value that is not good can
// neither raise nor clear an alarm. The zero value is unknown, never good.
type Quality uint8

// The qualities.
const (
	QualityUnknown   Quality = iota // never seen
	QualityGood                     // fresh, plausible, from the device
	QualityUncertain                // clock not trusted, substituted, retained, backfilled
	QualityStale                    // nothing fresh within the point's limit
	QualityBad                      // exception, not-available marker, out of range, undecodable
	QualityLost                     // the device does not answer
)

var qualityNames = [...]string{"unknown", "good", "uncertain", "stale", "bad", "lost"}

func (q Quality) String() string { return name(qualityNames[:], int(q)) }

// HasNumber reports whether a value of this quality carries a number at all.
func (q Quality) HasNumber() bool { return q == QualityGood || q == QualityUncertain }

// ParseQuality reads a quality's name.
func ParseQuality(s string) (Quality, error) {
	i := slices.Index(qualityNames[:], s)
	if i < 0 {
		return QualityUnknown, fmt.Errorf("unknown quality %q: want one of %v", s, qualityNames)
	}
	return Quality(i), nil
}

// MarshalText writes the quality's name.
func (q Quality) MarshalText() ([]byte, error) { return []byte(q.String()), nil }

// UnmarshalText reads a quality's name.
func (q *Quality) UnmarshalText(b []byte) (err error) {
	*q, err = ParseQuality(string(b))
	return err
}
