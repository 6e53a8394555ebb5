package duty

import (
	"strings"

	"steward/gateway"
)

// phrase is a reason as it lies in the journal, and its Chinese. $1 to $9
// stand for what is copied (a number, a name, an address), &1 to &9 for what
// is a reason itself. The first phrase that fits is taken: what is more
// particular stands above.
type phrase struct{ en, zh string }

// ReasonText is what people read of the reason for a quality that is not
// good. Drivers write reasons in English, and they stay so in the journal; one
// that is not known here reads the same in both languages.
func ReasonText(reason string) gateway.Text {
	return gateway.Text{ZH: ReasonInChinese(reason), EN: reason}
}

// ReasonKnown reports whether a reason has a Chinese reading.
func ReasonKnown(reason string) bool {
	_, _, ok := find(reason)
	return ok
}

func find(reason string) (phrase, []string, bool) {
	for _, p := range phrases {
		if args, ok := p.match(reason); ok {
			return p, args, true
		}
	}
	return phrase{}, nil, false
}

// ReasonInChinese is what people read of a reason in Chinese; itself where it
// is not known.
func ReasonInChinese(reason string) string {
	p, args, ok := find(reason)
	if !ok {
		return reason
	}
	var b strings.Builder
	rest := p.zh
	for {
		i := strings.IndexAny(rest, holes)
		if i < 0 {
			return b.String() + rest
		}
		b.WriteString(rest[:i])
		arg := args[rest[i+1]-'1']
		if rest[i] == '&' && arg != reason { // so it ends: every other arg is shorter
			arg = ReasonInChinese(arg)
		}
		b.WriteString(arg)
		rest = rest[i+2:]
	}
}

const holes = "$&"

// match fits a reason to the phrase. What a hole stands for is never empty and
// ends where what follows it first stands, the last one's at the end.
func (p phrase) match(reason string) (args []string, ok bool) {
	pattern := p.en
	for {
		i := strings.IndexAny(pattern, holes)
		if i < 0 {
			return args, reason == pattern
		}
		if !strings.HasPrefix(reason, pattern[:i]) {
			return nil, false
		}
		reason, pattern = reason[i:], pattern[i+2:]
		next, last := pattern, true
		if j := strings.IndexAny(pattern, holes); j >= 0 {
			next, last = pattern[:j], false
		}
		end := strings.Index(reason, next)
		if last {
			end = len(reason) - len(next)
		}
		if end < 1 {
			return nil, false
		}
		args, reason = append(args, reason[:end]), reason[end:]
	}
}
