package main

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestOptions(t *testing.T) {
	config := filepath.Join(t.TempDir(), "admission.yaml")
	if err := os.WriteFile(config, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	o, err := parseOptions([]string{"--all-apis", "--alpha-beta", "--emulated-version", "1.34", "--enable-admission=A,B",
		"--enable-admission", "B,C", "--admission-config", config, "--no-service-account"})
	if err != nil {
		t.Fatal(err)
	}
	if !o.allAPIs || !o.alphaBeta || o.emulatedVersion != "1.34" || o.admissionConfig != config || o.noWorkloadControllers {
		t.Errorf("got %+v", o)
	}
	if !slices.Equal(o.enableAdmission, []string{"A", "B", "C"}) {
		t.Errorf("enabled: %v", o.enableAdmission)
	}
	if !slices.Equal(o.disableAdmission, []string{"ServiceAccount"}) || o.waitForServiceAccount() {
		t.Errorf("disabled: %v", o.disableAdmission)
	}
}

func TestBadOptions(t *testing.T) {
	for args, want := range map[string]string{
		"--nope":                     "unknown option --nope",
		"extra":                      `unexpected argument "extra"`,
		"--alpha-beta=yes":           "takes no value",
		"--emulated-version":         "needs a value",
		"--emulated-version v1.34.1": "want a minor version",
		"--enable-admission A,,B":    "names of admission plugins",
		"--enable-admission A --disable-admission A":             "both on and off",
		"--admission-config /nowhere/at/all":                     "no such file",
		"--admission-config /":                                   "is no file",
		"--no-service-account --enable-admission ServiceAccount": "both on and off",
	} {
		_, err := parseOptions(strings.Fields(args))
		var usage usageError
		if !errors.As(err, &usage) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", args, err, want)
		}
	}
}

func TestIsComponent(t *testing.T) {
	const dir = "/tmp/runs/1"
	for line, want := range map[string]bool{
		"/cache/controlplane etcd --name=1 --data-dir=/tmp/runs/1/etcd":     true,
		"/cache/controlplane kube-apiserver --audit-log-path=/tmp/runs/1/a": true,
		"/cache/controlplane etcd --name=1 --data-dir=/tmp/runs/12/etcd":    false,
		"/cache/controlplane etcd --name=1":                                 false,
		"/cache/controlplane other --data-dir=/tmp/runs/1/etcd":             false,
		"kubectl --kubeconfig=/tmp/runs/1/kubeconfig get pods":              false,
		"tail -f /tmp/runs/1/etcd.log":                                      false,
		"":                                                                  false,
	} {
		if got := isComponent(strings.Split(line, " "), dir); got != want {
			t.Errorf("%q: %v", line, got)
		}
	}
}

func TestFreePortsDiffer(t *testing.T) {
	ports, err := freePorts(20)
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(ports)
	if len(slices.Compact(ports)) != 20 {
		t.Errorf("got %v", ports)
	}
}
