package gateway

import "time"

// State is the health of a wire, the journal or a sink.
type State string

// The states, from best to worst.
const (
	StateUp       State = "up"
	StateStarting State = "starting" // has not yet worked since it was started
	StateWarning  State = "warning"  // works, but needs somebody soon
	StateDown     State = "down"     // does not work; Error says why
)

// BusStatus is the health of one Modbus bus. Counters count since the start.
type BusStatus struct {
	ID       string       `json:"id"`
	URL      string       `json:"url"`
	State    State        `json:"state"`
	Error    string       `json:"error,omitempty"`
	Since    time.Time    `json:"since"`     // of State
	LineTime float64      `json:"line_time"` // share of the last minute the line was in use, 0 to 1
	Requests uint64       `json:"requests"`
	Errors   uint64       `json:"errors"`   // exceptions and broken answers
	Timeouts uint64       `json:"timeouts"` // no answer in time
	Strays   uint64       `json:"strays"`   // late and foreign answers, discarded
	Units    []UnitStatus `json:"units"`
}

// UnitStatus is one Modbus unit on a bus.
type UnitStatus struct {
	Unit        int        `json:"unit"`
	Assets      []AssetID  `json:"assets"`
	Quarantined bool       `json:"quarantined"`
	NextProbe   time.Time  `json:"next_probe,omitzero"` // while quarantined
	LineTime    float64    `json:"line_time"`
	Requests    uint64     `json:"requests"`
	Errors      uint64     `json:"errors"`
	Error       string     `json:"error,omitempty"` // the last one, until an answer comes
	BadPoints   []BadPoint `json:"bad_points,omitempty"`
}

// BadPoint is a point that its device refuses to give.
type BadPoint struct {
	Asset  AssetID `json:"asset"`
	Point  string  `json:"point"`
	Reason string  `json:"reason"`
}

// BrokerStatus is the health of one MQTT connection.
type BrokerStatus struct {
	ID          string          `json:"id"`
	URL         string          `json:"url"`
	State       State           `json:"state"`
	Error       string          `json:"error,omitempty"`
	Since       time.Time       `json:"since"`
	Received    uint64          `json:"received"` // messages
	Acked       uint64          `json:"acked"`    // QoS 1 and 2, after the journal
	Unknown     uint64          `json:"unknown"`  // topics no asset claims
	Undecodable uint64          `json:"undecodable"`
	Rate        float64         `json:"rate"` // messages/s over the last minute
	Queue       int             `json:"queue"`
	Samples     []MessageSample `json:"samples,omitempty"` // the newest unknown and undecodable ones
}

// MessageSample is a message that could not be used, cut to a readable size.
type MessageSample struct {
	Time    time.Time `json:"time"`
	Topic   string    `json:"topic"`
	Payload string    `json:"payload"`
	Reason  string    `json:"reason"`
}

// JournalStatus is the health of the journal.
type JournalStatus struct {
	State    State             `json:"state"`
	Error    string            `json:"error,omitempty"`
	First    Seq               `json:"first"`
	Last     Seq               `json:"last"`
	Bytes    int64             `json:"bytes"`
	MaxBytes int64             `json:"max_bytes"`
	MaxAge   time.Duration     `json:"max_age"`
	Oldest   time.Time         `json:"oldest,omitzero"` // when the oldest entry was received
	FreeDisk int64             `json:"free_disk"`
	Reserve  int64             `json:"reserve"`
	Commits  uint64            `json:"commits"`
	Corrupt  uint64            `json:"corrupt"`
	Dropped  map[string]uint64 `json:"dropped,omitempty"` // by reason
	Readers  []ReaderStatus    `json:"readers"`
}

// ReaderStatus is one reader of the journal.
type ReaderStatus struct {
	Name   string        `json:"name"`
	Cursor Seq           `json:"cursor"`
	Lag    uint64        `json:"lag"`     // entries
	LagAge time.Duration `json:"lag_age"` // since the oldest waiting entry was received
	Error  string        `json:"error,omitempty"`
}

// SinkStatus is the health of a place that readings are copied to.
type SinkStatus struct {
	Name    string        `json:"name"`
	URL     string        `json:"url"`
	State   State         `json:"state"`
	Error   string        `json:"error,omitempty"`
	Since   time.Time     `json:"since"`
	Stored  uint64        `json:"stored"`  // entries
	Refused uint64        `json:"refused"` // entries set aside with their reason
	Retries uint64        `json:"retries"`
	Samples []RefusedLine `json:"samples,omitempty"`
}

// RefusedLine is a line a sink refused, for people.
type RefusedLine struct {
	Seq    Seq    `json:"seq"`
	Line   string `json:"line"`
	Reason string `json:"reason"`
}

// RulesStatus is how the rules stand. Counts are since the start unless said.
type RulesStatus struct {
	Stepped       Seq       `json:"stepped"`           // the last entry that was stepped
	Saved         Seq       `json:"saved"`             // the last one whose effect is on disk
	SavedAt       time.Time `json:"saved_at,omitzero"` // when anything of theirs was last put on disk, since the start
	Failures      int       `json:"failures"`          // of the disk of alarms and tickets, until it takes something
	SetBack       bool      `json:"set_back"`          // the clock was set back, and the rules have not followed it yet
	Rewound       uint64    `json:"rewound"`           // times that they have
	Reloads       uint64    `json:"reloads"`           // times that they went back to the saved state: some of a commit was stored already
	Unreadable    uint64    `json:"unreadable"`        // entries passed over: they could not be decoded
	Readings      uint64    `json:"readings"`          // of known assets; this and what follows since the state began
	Evaluations   uint64    `json:"evaluations"`       // conditions judged
	Backfilled    uint64    `json:"backfilled"`        // values passed over, older than the last good one of their point
	UnknownAssets uint64    `json:"unknown_assets"`    // readings passed over, of assets that the site does not have
}
