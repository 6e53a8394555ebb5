package line

import (
	"strings"
	"unicode/utf8"
)

// appendMeasurement escapes a measurement. A '#' in front would make the line
// a comment, so it is replaced.
func appendMeasurement(dst []byte, s string) []byte {
	start := len(dst)
	dst = appendEscaped(dst, s, ", ")
	if len(dst) > start && dst[start] == '#' {
		dst[start] = '_'
	}
	return dst
}

// appendTag escapes a tag's value or a field's key.
func appendTag(dst []byte, s string) []byte { return appendEscaped(dst, s, ",= ") }

// appendEscaped puts a backslash before each of the special characters. What
// the protocol cannot carry, control characters and a backslash at the end,
// becomes '_'.
func appendEscaped(dst []byte, s, special string) []byte {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c < ' ' || c == 0x7f || (c == '\\' && i == len(s)-1):
			dst = append(dst, '_')
		case strings.IndexByte(special, c) >= 0:
			dst = append(dst, '\\', c)
		default:
			dst = append(dst, c)
		}
	}
	return dst
}

// appendReason escapes a string field's value, cut to MaxReason at a whole
// character. Control characters become blanks and broken UTF-8 becomes
// U+FFFD, so that a line is always one line of text.
func appendReason(dst []byte, s string) []byte {
	if len(s) > MaxReason {
		cut := MaxReason
		for cut > MaxReason-utf8.UTFMax && !utf8.RuneStart(s[cut]) {
			cut--
		}
		s = s[:cut]
	}
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(s[i:])
			if r >= 0x80 && r < 0xa0 {
				r = ' ' // a C1 control character
			}
			dst = utf8.AppendRune(dst, r)
			i += size
			continue
		}
		switch {
		case c < ' ' || c == 0x7f:
			dst = append(dst, ' ')
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		default:
			dst = append(dst, c)
		}
		i++
	}
	return dst
}
