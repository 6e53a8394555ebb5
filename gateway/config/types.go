// Package config turns a site file into a Config: strict YAML, every error at
// once as file:line:column, and a JSON Schema of the same types.
package config

import (
	"time"

	"steward/gateway"
)

// Config is a whole site file, checked and resolved: every reference holds,
// every default is filled in, every secret is read, and each asset has its
// points and their mappings.
type Config struct {
	Warnings Errors // allowed, but hardly meant; nil where there are none
	Site     gateway.Site
	HTTP     HTTP
	Buses    []Bus
	Brokers  []Broker
	Units    []Unit
	Assets   []Asset // same order and IDs as Site.Assets
	History  History
	InfluxDB *InfluxDB // nil: none
	Journal  Journal
	Records  Records
}

// HTTP is where the dashboard listens.
type HTTP struct {
	Listen   string // host:port; loopback unless told
	CertFile string // with KeyFile: TLS
	KeyFile  string
}

// Unit is a flat.
type Unit struct {
	ID     string
	Area   string
	Name   gateway.Text
	Vacant bool
}

// Transport is how Modbus frames travel.
type Transport string

// The transports.
const (
	ModbusTCP     Transport = "tcp"     // MBAP over TCP
	ModbusRTU     Transport = "rtu"     // serial line
	ModbusRTUOver Transport = "rtu+tcp" // RTU frames over TCP
)

// Bus is one Modbus line: one TCP endpoint or one serial device. Its units
// take turns.
type Bus struct {
	ID           string
	Transport    Transport
	Address      string        // host:port, or the serial device
	Baud         int           // RTU only, as the next three
	DataBits     int           // 7 or 8
	Parity       string        // N, E or O
	StopBits     int           // 1 or 2
	Timeout      time.Duration // for one answer
	Pause        time.Duration // between an answer and the next request
	ConnectPause time.Duration // after connecting
}

// URL returns the bus's address for people: tcp://10.0.0.5:502.
func (b Bus) URL() string { return string(b.Transport) + "://" + b.Address }

// Broker is one MQTT broker: an external one, or the embedded one when
// Embedded is true; then Listen and Users matter and URL is how we reach it.
type Broker struct {
	ID        string
	Embedded  bool
	URL       string // tcp://host:1883, ssl://host:8883
	ClientID  string // never empty; stable over restarts, or the session is lost
	Username  string
	Password  string
	CAFile    string
	CertFile  string // with KeyFile: client certificate
	KeyFile   string
	KeepAlive time.Duration
	QoS       byte // of our subscriptions, 0 or 1
	Listen    string
	MaxBytes  int64          // embedded: limit of its store
	Users     []BrokerUser   // embedded: who may connect; default deny
	Sparkplug *SparkplugHost // nil: nobody follows Sparkplug nodes here
}

// BrokerUser is a device or program that may use the embedded broker.
// Topics are MQTT filters; nothing not listed is allowed.
type BrokerUser struct {
	Name      string
	Password  string
	Publish   []string
	Subscribe []string
}

// Asset is where an asset's readings come from. Exactly one of Modbus and
// MQTT is set, or none for an asset that only stands in the tree.
type Asset struct {
	ID     gateway.AssetID
	Modbus *ModbusAsset
	MQTT   *MQTTAsset
}

// ModbusAsset is an asset behind a unit of a bus.
type ModbusAsset struct {
	Bus      string
	Unit     int // 1 to 247; 0 and 248 to 255 for TCP gateways that want it
	Interval time.Duration
	Limits   ReadLimits
	Factors  []Factor // that its points name
	Points   []Register
}

// ReadLimits says how far a device lets block reads go.
type ReadLimits struct {
	MaxRegisters int        // in one request, 1 to 125
	MaxBits      int        // in one request, 1 to 2000
	MaxGap       int        // unused registers a block may span; 0: none
	Holes        []Span     // never to be read across, per table
	Watch        *Heartbeat // a gateway that keeps serving old values
}

// Span is a run of addresses, both ends included.
type Span struct {
	Table Table
	First uint16
	Last  uint16
}

// Heartbeat names a register of a protocol gateway that must change while the
// device behind it is alive; after Polls equal readings the asset is lost.
type Heartbeat struct {
	Table   Table
	Address uint16
	Words   int // 1 or 2
	Polls   int
}

// Table is one of Modbus's four address spaces.
type Table uint8

// The tables, by the function code that reads them.
const (
	Coils            Table = 1
	DiscreteInputs   Table = 2
	HoldingRegisters Table = 3
	InputRegisters   Table = 4
)

// Encoding is how registers make a number.
type Encoding string

// The encodings. Bool is a coil, a discrete input, or a bit of a register.
const (
	EncBool    Encoding = "bool"
	EncInt8    Encoding = "int8" // low byte
	EncUint8   Encoding = "uint8"
	EncInt16   Encoding = "int16"
	EncUint16  Encoding = "uint16"
	EncInt32   Encoding = "int32"
	EncUint32  Encoding = "uint32"
	EncInt64   Encoding = "int64"
	EncUint64  Encoding = "uint64"
	EncFloat32 Encoding = "float32"
	EncFloat64 Encoding = "float64"
	EncBCD16   Encoding = "bcd16"
	EncBCD32   Encoding = "bcd32"
)

// Words returns how many registers the encoding takes (1 for bool), 0 for an
// unknown one.
func (e Encoding) Words() int {
	switch e {
	case EncBool, EncInt8, EncUint8, EncInt16, EncUint16, EncBCD16:
		return 1
	case EncInt32, EncUint32, EncFloat32, EncBCD32:
		return 2
	case EncInt64, EncUint64, EncFloat64:
		return 4
	}
	return 0
}

// Register maps registers of a unit to one canonical point.
type Register struct {
	Point     string // of the asset's kind
	Table     Table
	Address   uint16 // 0-based, as on the wire
	Encoding  Encoding
	LowFirst  bool    // low word first ("CDAB"); bytes inside a word are always high first
	LowWord   *uint16 // of two registers apart from each other: the low word's address, Address being the high word's; nil: they stand together
	Bit       int     // first bit of a field within the register; -1: the whole
	Bits      int     // length of that field
	Transform Transform
	ScaleBy   []string // names of factors that the scale is multiplied by
	NA        []uint64 // raw bit patterns that mean "not available"
	Verified  bool     // seen in a source, not engineering knowledge
}

// Transform makes an engineering value of a raw number:
// value = raw*Scale + Offset, or by Enum, or inverted for a bool.
type Transform struct {
	Scale    float64
	Offset   float64
	Invert   bool
	Enum     map[string]float64 // raw (as text) to code or number; a raw one not listed is bad
	Min      *float64           // plausible range; outside it is bad
	Max      *float64
	Rollover float64 // a counter's raw range, e.g. 4294967296: it may wrap there; 0: unknown
	Loop     *Loop   // nil: it comes over no current loop
}

// MQTTAsset is an asset behind topics of a broker.
type MQTTAsset struct {
	Broker    string
	Topics    []Topic
	Sparkplug *SparkplugDevice // nil: it speaks no Sparkplug
	Metrics   []Metric         // of Sparkplug
	OnChange  bool             // values are sent only when they change: silence means no change
}

// Format is how a payload is written.
type Format string

// The formats.
const (
	FormatJSON Format = "json"
	FormatText Format = "text" // the whole payload is one value
)

// Topic maps the payloads of one topic filter to points.
type Topic struct {
	Filter       string // MQTT filter; {device} is already replaced
	Format       Format
	Time         string        // JSON path of the source's time; empty: none
	TimeFormat   string        // unix, unix_ms, rfc3339, or a Go layout
	TimeZone     string        // of a Go layout without a zone; empty: the site's
	Each         string        // JSON path of an array; each element is a backfilled reading with its own Time
	When         string        // JSON path that must exist, else the message is not for this mapping
	Valid        *Valid        // nil: its values always mean something
	Current      bool          // a retained message is of now: a last will's topic
	Fields       []Field       // empty for a topic of availability only
	Availability *Availability // this topic says whether the device is there
}

// Field maps one place of a payload to one point.
type Field struct {
	Point     string
	Path      string // gjson path; empty with FormatText: the whole payload
	TopicPart int    // 1-based level of the topic that carries the value instead; 0: none
	Strip     bool   // drop a unit behind the number ("1234 mm")
	Absent    *float64
	Optional  bool          // null means that the device has none: nothing is said
	Hold      time.Duration // bool: false counts only when true is this long ago
	Transform Transform
	NA        []string // texts that mean "not available"
	Verified  bool
}

// Availability tells how a topic says that a device is there or gone. On
// gone every point of the asset becomes lost.
type Availability struct {
	Path    string // JSON path; empty: the whole payload
	Online  []string
	Offline []string
	Cleared bool // an empty payload, which clears a retained one, means gone too
}

// History is where charts read from.
type History struct {
	Store     string        // embedded or influxdb
	Retention time.Duration // embedded only
}

// InfluxDB is the database that every reading is copied to.
type InfluxDB struct {
	URL      string
	Org      string
	Bucket   string // database/retention-policy for 1.8
	Token    string // user:password for 1.8
	CAFile   string
	Flush    time.Duration // longest wait for a fuller batch
	MaxBatch int           // lines in one request
	Drain    int           // lines/s of backlog beside live data
}

// Journal bounds the log on disk.
type Journal struct {
	MaxBytes int64
	MaxAge   time.Duration
	Reserve  int64 // free disk to keep, bytes
}

// Records bounds what is kept of alarms and tickets.
type Records struct {
	Keep time.Duration // once they are over
}

// Profile is a device make and model as data: what a site file names instead
// of writing points in place.
type Profile struct {
	Warnings Errors // allowed, but hardly meant; nil where there are none
	Name     string
	Vendor   string
	Model    string
	Title    gateway.Text
	Kind     string
	Protocol string // modbus or mqtt
	Sources  []string
	Codes    string        // the table that says what its fault codes mean; empty: none
	Interval time.Duration // Modbus: a sensible poll interval
	Limits   ReadLimits
	Factors  []Factor // Modbus
	Points   []Register
	Topics   []Topic  // Filter still holds {device}
	Metrics  []Metric // of Sparkplug; Name may still hold {device}
	OnChange bool     // MQTT: see MQTTAsset
}

// Profiles finds a profile by name; Names lists them all, sorted.
type Profiles interface {
	Profile(name string) (Profile, bool)
	Names() []string
}
