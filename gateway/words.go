// Package gateway holds Steward's words and contracts: what every other
// package means by an asset, a reading, a quality, a consumer. It imports
// only the standard library and does no I/O.
package gateway

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// AssetID names one asset within its site. It is lower-case letters, digits,
// '-', '_' and '.', at most 64 bytes, and starts with a letter or digit.
type AssetID string

// Seq is the position of an entry in a site's journal. The first entry is 1;
// 0 stands before every entry.
type Seq uint64

// Text is something a person reads, in both languages of the product.
type Text struct {
	ZH string `json:"zh" yaml:"zh"`
	EN string `json:"en" yaml:"en"`
}

// In returns the text in the language, zh or en, or the other where that is empty.
func (t Text) In(language string) string {
	if (language == "zh" && t.ZH != "") || t.EN == "" {
		return t.ZH
	}
	return t.EN
}

// Value is one point of a reading. Number is the engineering value in the
// point's unit: 0 or 1 for a bool, the code for an enum. Where Quality is
// neither good nor uncertain, Number carries nothing and is NaN.
type Value struct {
	Point   string
	Number  float64
	Quality Quality
	Reason  string // why the quality is not good; empty when it is
}

// Good makes a value of good quality.
func Good(point string, number float64) Value {
	return Value{Point: point, Number: number, Quality: QualityGood}
}

// NotGood makes a value without a number, of the quality and for the reason.
func NotGood(point string, q Quality, reason string) Value {
	return Value{Point: point, Number: math.NaN(), Quality: q, Reason: reason}
}

// Reading is what one asset reported at one instant. All values of one poll
// or one message travel together, so that a rule over several of them sees
// them together.
type Reading struct {
	Asset    AssetID
	Time     time.Time // from the source where that is plausible, else Received
	Received time.Time // when the gateway had the whole answer or message
	Values   []Value
}

// MaxAhead is how far a source's clock may run ahead and still be believed.
const MaxAhead = 5 * time.Minute

// ErrImplausible says why a source's time was not taken.
type ErrImplausible struct{ Source, Received time.Time }

func (e ErrImplausible) Error() string {
	return fmt.Sprintf("source time %s is implausible at %s",
		e.Source.UTC().Format(time.RFC3339), e.Received.UTC().Format(time.RFC3339))
}

// ReadingTime decides the time of a reading: the source's when it is
// plausible (at most MaxAhead in the future, not older than retention), else
// the time of arrival together with an ErrImplausible; the caller then marks
// its values uncertain. A zero source means that the source gave none.
func ReadingTime(source, received time.Time, retention time.Duration) (time.Time, error) {
	if source.IsZero() {
		return received, nil
	}
	if source.After(received.Add(MaxAhead)) || source.Before(received.Add(-retention)) {
		return received, ErrImplausible{source, received}
	}
	return source, nil
}

// PointType says how a point's number is to be read, shown and stored.
type PointType uint8

// The types of points. An enum's number is one of its labels' codes.
const (
	Float PointType = iota
	Int
	Bool
	Enum
)

var typeNames = [...]string{Float: "float", Int: "int", Bool: "bool", Enum: "enum"}

func (t PointType) String() string { return name(typeNames[:], int(t)) }

// MarshalText writes the type's name.
func (t PointType) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText reads a type's name.
func (t *PointType) UnmarshalText(b []byte) error {
	i := slices.Index(typeNames[:], string(b))
	if i < 0 {
		return fmt.Errorf("unknown point type %q: want float, int, bool or enum", b)
	}
	*t = PointType(i)
	return nil
}

// Label is one code of an enum point: its stable name and what people read.
type Label struct {
	Code  int    `json:"code"`
	Name  string `json:"name"`
	Text  Text   `json:"text"`
	Alarm bool   `json:"alarm,omitempty"` // a state that is trouble on its own face
}

// Point is one signal of an asset, as its kind declares it.
type Point struct {
	Name     string        `json:"name"` // canonical, e.g. voltage_l1
	Title    Text          `json:"title"`
	Unit     string        `json:"unit,omitempty"` // e.g. V, kW, degC, MPa
	Type     PointType     `json:"type"`
	Labels   []Label       `json:"labels,omitempty"` // enum only
	Min      *float64      `json:"min,omitempty"`    // plausible range; outside it a value is bad
	Max      *float64      `json:"max,omitempty"`
	Counter  bool          `json:"counter,omitempty"`  // only ever rises, but for roll-over and replacement
	Rollover float64       `json:"rollover,omitempty"` // where a counter begins again at 0, in its unit; 0: not known
	Alarm    bool          `json:"alarm,omitempty"`    // a state people act on: its asset is read first
	Normal   bool          `json:"normal,omitempty"`   // the state of an alarm bool in which all is well
	Vital    bool          `json:"vital,omitempty"`    // losing it matters: so it does for every alarm point
	Routine  bool          `json:"routine,omitempty"`  // it comes and goes all day: no news
	MaxStep  float64       `json:"max_step,omitempty"` // the largest plausible change in a second; 0: any
	Fresh    time.Duration `json:"fresh"`              // older than this it is stale; 0: never
	Decimals int           `json:"decimals"`           // digits worth showing
}

// Area is a building, a floor, a room; areas form a tree.
type Area struct {
	ID     string `json:"id"`
	Parent string `json:"parent,omitempty"` // empty at the top
	Name   Text   `json:"name"`
}

// Unit is a flat.
type Unit struct {
	ID   string `json:"id"`
	Area string `json:"area"`
	Name Text   `json:"name"`
}

// Asset is one piece of equipment.
type Asset struct {
	ID     AssetID   `json:"id"`
	Name   Text      `json:"name"`
	Kind   string    `json:"kind"`
	Area   string    `json:"area"`
	Unit   string    `json:"unit,omitempty"`   // the flat it belongs to
	FedBy  []AssetID `json:"fed_by,omitempty"` // what it loses supply with
	Source string    `json:"source"`           // where its readings come from, for people: "modbus pump-room unit 3"
	Points []Point   `json:"points"`
}

// Site is the unit of everything: what is watched, and where. It does not
// change once built; a reload builds another.
type Site struct {
	ID       string         `json:"id"`
	Name     Text           `json:"name"`
	Language string         `json:"language"` // zh or en: the default for people who chose none
	Zone     *time.Location `json:"-"`
	Areas    []Area         `json:"areas"`
	Units    []Unit         `json:"units,omitempty"`
	Assets   []Asset        `json:"assets"`
}

func name(names []string, i int) string {
	if i < 0 || i >= len(names) {
		return fmt.Sprintf("unknown(%d)", i)
	}
	return names[i]
}
