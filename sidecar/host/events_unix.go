//go:build unix

package host

import (
	"context"
	"errors"
	"fmt"
)

// ReadEvents has nothing to read: only Windows keeps these logs.
func (l *Local) ReadEvents(context.Context) ([]Event, []error) {
	return nil, []error{fmt.Errorf("reading event logs: %w", errors.ErrUnsupported)}
}
