package config

import "time"

// Valid is a place of a payload that says whether its values mean anything: a
// status word, or the loop current of a 4–20 mA probe. Where it is outside of
// what is asked, or absent, every value of the mapping is bad.
type Valid struct {
	Path string
	Is   []string // texts it may be; empty: a number within Min and Max
	Min  *float64
	Max  *float64
}

// SparkplugHost makes us a Sparkplug B host application on a broker.
type SparkplugHost struct {
	Host    string        // our name in spBv1.0/STATE/<host>
	Reorder time.Duration // how long a message that comes too early is held
}

// SparkplugDevice names a device behind an edge node, or, with an empty
// Device, the node itself.
type SparkplugDevice struct {
	Group  string
	Node   string
	Device string
}

func (d SparkplugDevice) String() string {
	s := d.Group + "/" + d.Node
	if d.Device != "" {
		s += "/" + d.Device
	}
	return s
}

// Metric maps one Sparkplug metric to one point. Field's Path, TopicPart,
// Strip and Absent mean nothing here.
type Metric struct {
	Name string // as births give it; {device} is already replaced
	Field
}
