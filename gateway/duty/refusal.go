package duty

import (
	"fmt"
	"unicode/utf8"

	"steward/gateway"
)

// What people may write, in runes.
const (
	MaxName = 200  // of an account, a tradesman, a file
	MaxText = 4000 // of a note, a reason
)

// Refusal says to a person, in both languages, why an action was not taken.
// It wraps ErrRefused or ErrUnknown.
type Refusal struct {
	gateway.Text
	Of error // ErrRefused or ErrUnknown
}

// Error returns the English text.
func (r *Refusal) Error() string { return r.EN }

// Unwrap returns ErrRefused or ErrUnknown.
func (r *Refusal) Unwrap() error { return r.Of }

// Refuse makes a refusal of what cannot be done now.
func Refuse(zh, en string) error { return &Refusal{gateway.Text{ZH: zh, EN: en}, ErrRefused} }

// Unknown makes a refusal of what there is not.
func Unknown(zh, en string) error { return &Refusal{gateway.Text{ZH: zh, EN: en}, ErrUnknown} }

// CheckText refuses a text that is too long to keep, or no text; zh and en
// name it at the beginning of a sentence.
func CheckText(zh, en, text string, limit int) error {
	if !utf8.ValidString(text) {
		return Refuse(zh+"不是有效的 UTF-8 文本", en+" is not valid UTF-8")
	}
	if n := utf8.RuneCountInString(text); n > limit {
		return Refuse(fmt.Sprintf("%s有 %d 个字符，最多 %d 个", zh, n, limit),
			fmt.Sprintf("%s has %d characters; at most %d are kept", en, n, limit))
	}
	return nil
}

// CheckWords holds what people write with an action to its limits.
func CheckWords(a Action) error {
	for _, w := range []struct {
		zh, en, text string
		limit        int
	}{
		{"操作人", "the account", a.By, MaxName},
		{"备注", "the note", a.Note, MaxText},
		{"原因", "the reason", a.Reason, MaxText},
		{"负责人", "the assignee", a.To, MaxName},
		{"报警编号", "the alarm's ID", a.Alarm, MaxName},
		{"工单编号", "the ticket's ID", a.Ticket, MaxName},
	} {
		if err := CheckText(w.zh, w.en, w.text, w.limit); err != nil {
			return err
		}
	}
	return nil
}
