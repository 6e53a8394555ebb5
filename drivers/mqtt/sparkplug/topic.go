package sparkplug

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Namespace is the first level of every Sparkplug B topic.
const Namespace = "spBv1.0"

// Node names an edge node.
type Node struct{ Group, ID string }

func (n Node) String() string { return n.Group + "/" + n.ID }

// Device names a device behind an edge node, or the node with an empty name.
type Device struct {
	Node Node
	Name string
}

// Filters returns what to subscribe to for the node: births, deaths and data
// of it and of its devices, and not the commands to it.
func (n Node) Filters() []string {
	var out []string
	for _, t := range []string{"NBIRTH", "NDEATH", "NDATA"} {
		out = append(out, Namespace+"/"+n.Group+"/"+t+"/"+n.ID)
	}
	for _, t := range []string{"DBIRTH", "DDEATH", "DDATA"} {
		out = append(out, Namespace+"/"+n.Group+"/"+t+"/"+n.ID+"/+")
	}
	return out
}

// Is reports whether a topic is Sparkplug B's.
func Is(topic string) bool { return strings.HasPrefix(topic, Namespace+"/") }

// StateTopic is where the host's state stands, retained.
func StateTopic(host string) string { return Namespace + "/STATE/" + host }

// State is the payload of StateTopic. The will of a connection and the state
// published on it carry the same time.
func State(online bool, at time.Time) []byte {
	return fmt.Appendf(nil, `{"online":%t,"timestamp":%d}`, online, at.UnixMilli())
}

// CheckID says what is wrong with a group, a node, a device or a host.
func CheckID(id string) error {
	switch {
	case id == "":
		return errors.New("is empty")
	case strings.ContainsAny(id, "+/#"):
		return errors.New("holds +, / or #, which a Sparkplug name may not")
	case strings.ContainsRune(id, 0):
		return errors.New("holds a zero byte")
	}
	return nil
}

// address is a topic taken apart.
type address struct {
	node   Node
	verb   string
	device string // empty: the node itself
	host   string // of STATE
}

func parseTopic(topic string) (address, error) {
	space, rest, _ := strings.Cut(topic, "/")
	group, rest, _ := strings.Cut(rest, "/")
	if space != Namespace {
		return address{}, fmt.Errorf("namespace %q is not %s", space, Namespace)
	}
	if group == "STATE" {
		return address{verb: "STATE", host: rest}, nil
	}
	a := address{node: Node{Group: group}}
	a.verb, rest, _ = strings.Cut(rest, "/")
	a.node.ID, a.device, _ = strings.Cut(rest, "/")
	device := strings.HasPrefix(a.verb, "D")
	switch a.verb {
	case "NBIRTH", "NDEATH", "NDATA", "NCMD", "DBIRTH", "DDEATH", "DDATA", "DCMD":
	default:
		return a, fmt.Errorf("no message is of type %q", a.verb)
	}
	if group == "" || a.node.ID == "" || device != (a.device != "") || strings.Contains(a.device, "/") {
		return a, fmt.Errorf("a topic of %s is %s/GROUP/%s/NODE%s", a.verb, Namespace, a.verb, map[bool]string{true: "/DEVICE"}[device])
	}
	return a, nil
}

// readState reads whether a STATE says online.
func readState(payload string) (online bool, err error) {
	var s struct {
		Online *bool `json:"online"`
	}
	if err := json.Unmarshal([]byte(payload), &s); err != nil || s.Online == nil {
		return false, errors.New("a host's state is not {\"online\":…,\"timestamp\":…}")
	}
	return *s.Online, nil
}

// rebirthMetric is what a node is asked for a rebirth by.
const rebirthMetric = "Node Control/Rebirth"

// rebirth is the payload of the command.
func rebirth(at time.Time) []byte {
	ms := uint64(at.UnixMilli())
	m := appendBytes(nil, 1, rebirthMetric)
	m = appendUint(m, 3, ms)
	m = appendUint(m, 4, uint64(Boolean))
	m = appendUint(m, 14, 1)
	return appendBytes(appendUint(nil, 1, ms), 2, string(m))
}

func appendUint(b []byte, field, v uint64) []byte {
	return appendVarint(appendVarint(b, field<<3|wireVarint), v)
}

func appendBytes(b []byte, field uint64, s string) []byte {
	b = appendVarint(appendVarint(b, field<<3|wireBytes), uint64(len(s)))
	return append(b, s...)
}

func appendVarint(b []byte, v uint64) []byte {
	for v >= 0x80 {
		b = append(b, byte(v)|0x80)
		v >>= 7
	}
	return append(b, byte(v))
}

// shortest is the float64 with the fewest digits that is the float32.
func shortest(f float32) float64 {
	if f == float32(math.Trunc(float64(f))) || f != f || math.IsInf(float64(f), 0) {
		return float64(f)
	}
	var buf [32]byte
	v, err := strconv.ParseFloat(string(strconv.AppendFloat(buf[:0], float64(f), 'g', -1, 32)), 64)
	if err != nil {
		return float64(f)
	}
	return v
}
