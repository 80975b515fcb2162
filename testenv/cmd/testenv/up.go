package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"
)

// errPortTaken says that somebody took a port between our choice and its use.
var errPortTaken = errors.New("a port was taken meanwhile")

const (
	portAttempts = 5
	startTimeout = 3 * time.Minute
)

// Every write with both bodies, everything else by its metadata; of the control
// plane's own doings the controllers' writes alone.
const auditPolicy = `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- level: None
  nonResourceURLs: ["/healthz*", "/livez*", "/readyz*", "/openapi*", "/version"]
- level: None
  users: ["system:apiserver", "testenv"]
- level: None
  users: ["system:kube-controller-manager"]
  verbs: [get, list, watch]
- level: None
  userGroups: ["system:serviceaccounts:kube-system"]
  verbs: [get, list, watch]
- level: None
  resources: [{group: coordination.k8s.io, resources: [leases]}]
- level: RequestResponse
  verbs: [create, update, patch, delete, deletecollection]
- level: Metadata
`

// Its ClusterRoles admin, edit and view are empty without the aggregation
// controller, and a ResourceQuota counts nothing without the quota controller.
var baseControllers = []string{
	"serviceaccount-controller", "serviceaccount-token-controller", "root-ca-certificate-publisher-controller",
	"namespace-controller", "garbage-collector-controller", "clusterrole-aggregation-controller",
	"resourcequota-controller", "validatingadmissionpolicy-status-controller",
}

var workloadControllers = []string{
	"deployment-controller", "replicaset-controller", "replicationcontroller-controller",
	"statefulset-controller", "daemonset-controller", "job-controller", "cronjob-controller",
}

func upCommand(ctx context.Context, args []string) error {
	o, err := parseOptions(args)
	if err != nil {
		return err
	}
	if o.help {
		fmt.Print(upHelp)
		return nil
	}
	source, err := sourceDir()
	if err != nil {
		return err
	}
	binary, err := controlPlane(ctx, source)
	if err != nil {
		return err
	}
	start := time.Now()
	for attempt := 1; ; attempt++ {
		path, err := startRun(ctx, source, binary, &o)
		if err == nil {
			say("ready after %.1f s", time.Since(start).Seconds())
			fmt.Println(path)
			return nil
		}
		if !errors.Is(err, errPortTaken) || attempt == portAttempts {
			return err
		}
		say("%v; trying other ports", err)
	}
}

// run is one control plane: its folder and the processes this launcher started.
type run struct {
	dir    string
	binary string
	state  state
}

// state is what state.json says.
type state struct {
	Kind       string         `json:"kind"`
	Source     string         `json:"source"`
	Kubernetes string         `json:"kubernetes"`
	Server     string         `json:"server"`
	Etcd       string         `json:"etcd"`
	Processes  []stateProcess `json:"processes"`
}

type stateProcess struct {
	Name string `json:"name"`
	PID  int    `json:"pid"`
}

const stateKind = "sekisho-testenv"

// startRun starts one control plane and gives back the kubeconfig's path; on
// failure nothing of it is left.
func startRun(ctx context.Context, source, binary string, o *options) (path string, err error) {
	runs, err := runsDir()
	if err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp(runs, "")
	if err != nil {
		return "", err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, stopRun(dir))
		}
	}()
	version, err := kubernetesVersion(source)
	if err != nil {
		return "", err
	}
	caPEM, err := pki(filepath.Join(dir, "pki"))
	if err != nil {
		return "", err
	}
	ports, err := freePorts(3)
	if err != nil {
		return "", err
	}
	users := newUsers()
	setup, manager := users[len(users)-2], users[len(users)-1]
	r := &run{dir: dir, binary: binary, state: state{
		Kind: stateKind, Source: source, Kubernetes: version,
		Etcd:   fmt.Sprintf("http://127.0.0.1:%d", ports[0]),
		Server: fmt.Sprintf("https://127.0.0.1:%d", ports[2]),
	}}
	for name, text := range map[string]string{
		"tokens.csv":                    tokenFile(users),
		"audit-policy.yaml":             auditPolicy,
		"controller-manager.kubeconfig": kubeconfig(r.state.Server, caPEM, []user{manager}),
	} {
		if err := os.WriteFile(r.path(name), []byte(text), 0o600); err != nil {
			return "", err
		}
	}

	ctx, cancel := context.WithTimeoutCause(ctx, startTimeout, fmt.Errorf("not ready after %s", startTimeout))
	defer cancel()

	etcd, err := r.spawn("etcd",
		"--name="+filepath.Base(dir),
		"--data-dir="+r.path("etcd"),
		"--listen-client-urls="+r.state.Etcd,
		"--advertise-client-urls="+r.state.Etcd,
		fmt.Sprintf("--listen-peer-urls=http://127.0.0.1:%d", ports[1]),
		fmt.Sprintf("--initial-advertise-peer-urls=http://127.0.0.1:%d", ports[1]),
		fmt.Sprintf("--initial-cluster=%s=http://127.0.0.1:%d", filepath.Base(dir), ports[1]),
		"--unsafe-no-fsync",
		"--log-level=warn")
	if err != nil {
		return "", err
	}
	// Its name, for another's etcd may have got the port.
	etcdClient := newClient(r.state.Etcd, nil)
	err = r.wait(ctx, "etcd", []*process{etcd}, func(ctx context.Context) bool {
		status, body := etcdClient.do(ctx, "", http.MethodPost, "/v3/cluster/member/list", map[string]any{})
		return status == http.StatusOK && bytes.Contains(body, []byte(`"name":"`+filepath.Base(dir)+`"`))
	})
	if err != nil {
		return "", err
	}

	apiserver, err := r.spawn("kube-apiserver", r.apiserverFlags(o, ports[2])...)
	if err != nil {
		return "", err
	}
	c := newClient(r.state.Server, caPEM)
	err = r.wait(ctx, "kube-apiserver", []*process{etcd, apiserver}, func(ctx context.Context) bool {
		status, _ := c.do(ctx, setup.token, http.MethodGet, "/readyz", nil)
		return status == http.StatusOK
	})
	if err != nil {
		return "", err
	}

	controllerManager, err := r.spawn("kube-controller-manager", r.controllerManagerFlags(o)...)
	if err != nil {
		return "", err
	}
	all := []*process{etcd, apiserver, controllerManager}
	for _, u := range users {
		if u.role == "" {
			continue
		}
		err := r.wait(ctx, "the role of "+u.name, all, func(ctx context.Context) bool { return grant(ctx, c, setup.token, u) })
		if err != nil {
			return "", err
		}
	}
	for _, u := range users {
		err := r.wait(ctx, "the rights of "+u.name, all, func(ctx context.Context) bool { return granted(ctx, c, setup.token, u) })
		if err != nil {
			return "", err
		}
	}
	if o.waitForServiceAccount() {
		err = r.wait(ctx, "the default ServiceAccount", all, func(ctx context.Context) bool {
			status, _ := c.do(ctx, setup.token, http.MethodGet, "/api/v1/namespaces/default/serviceaccounts/default", nil)
			return status == http.StatusOK
		})
		if err != nil {
			return "", err
		}
	}

	// Last, so that a kubeconfig on disk is one that works.
	config := kubeconfig(r.state.Server, caPEM, users[:len(users)-2])
	return r.path("kubeconfig"), os.WriteFile(r.path("kubeconfig"), []byte(config), 0o600)
}

func (r *run) apiserverFlags(o *options, port int) []string {
	flags := []string{
		"--etcd-servers=" + r.state.Etcd,
		"--bind-address=127.0.0.1",
		"--advertise-address=127.0.0.1",
		fmt.Sprintf("--secure-port=%d", port),
		"--tls-cert-file=" + r.path("pki/apiserver.crt"),
		"--tls-private-key-file=" + r.path("pki/apiserver.key"),
		"--client-ca-file=" + r.path("pki/ca.crt"),
		"--token-auth-file=" + r.path("tokens.csv"),
		"--authorization-mode=RBAC",
		"--service-account-issuer=https://kubernetes.default.svc.cluster.local",
		"--service-account-key-file=" + r.path("pki/sa.pub"),
		"--service-account-signing-key-file=" + r.path("pki/sa.key"),
		"--service-cluster-ip-range=10.0.0.0/24",
		// A loopback address may not be an endpoint of the kubernetes Service.
		"--endpoint-reconciler-type=none",
		"--allow-privileged=true",
		"--audit-policy-file=" + r.path("audit-policy.yaml"),
		"--audit-log-path=" + r.path("audit.log"),
		"--audit-log-mode=blocking",
	}
	if len(o.enableAdmission) > 0 {
		flags = append(flags, "--enable-admission-plugins="+strings.Join(o.enableAdmission, ","))
	}
	if len(o.disableAdmission) > 0 {
		flags = append(flags, "--disable-admission-plugins="+strings.Join(o.disableAdmission, ","))
	}
	if o.admissionConfig != "" {
		flags = append(flags, "--admission-control-config-file="+o.admissionConfig)
	}
	if o.allAPIs && !o.alphaBeta {
		flags = append(flags, "--runtime-config=api/all=true")
	}
	if o.alphaBeta {
		// StorageVersionAPI holds all writes back until the API servers agree, and
		// with an older emulated version they never do.
		flags = append(flags, "--runtime-config=api/alpha=true,api/beta=true",
			"--feature-gates=AllAlpha=true,AllBeta=true,StorageVersionAPI=false")
	}
	if o.emulatedVersion != "" {
		flags = append(flags, "--emulated-version=kube="+o.emulatedVersion)
	}
	own := strings.HasPrefix(r.state.Kubernetes, "v"+o.emulatedVersion+".")
	if o.emulatedVersion != "" && !own && o.alphaBeta {
		// The plugin MutatingAdmissionPolicy watches v1, which came with 1.36, and
		// no request is let through before it has seen it.
		flags = append(flags, "--runtime-config-emulation-forward-compatible=true",
			"--runtime-config=admissionregistration.k8s.io/v1=true")
	}
	return flags
}

func (r *run) controllerManagerFlags(o *options) []string {
	controllers := baseControllers
	if !o.noWorkloadControllers {
		controllers = append(controllers[:len(controllers):len(controllers)], workloadControllers...)
	}
	flags := []string{
		"--kubeconfig=" + r.path("controller-manager.kubeconfig"),
		"--controllers=" + strings.Join(controllers, ","),
		"--use-service-account-credentials=true",
		"--service-account-private-key-file=" + r.path("pki/sa.key"),
		"--root-ca-file=" + r.path("pki/ca.crt"),
		"--leader-elect=false",
		"--secure-port=0",
	}
	if o.emulatedVersion != "" {
		flags = append(flags, "--emulated-version=kube="+o.emulatedVersion)
	}
	return flags
}

// grant binds the user's role; a user that is a ServiceAccount gets to exist too.
func grant(ctx context.Context, c *client, token string, u user) bool {
	if name, ok := strings.CutPrefix(u.name, "system:serviceaccount:default:"); ok {
		account := map[string]any{"apiVersion": "v1", "kind": "ServiceAccount", "metadata": map[string]any{"name": name}}
		status, _ := c.do(ctx, token, http.MethodPost, "/api/v1/namespaces/default/serviceaccounts", account)
		if !made(status) {
			return false
		}
	}
	status, _ := c.do(ctx, token, http.MethodPost, "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", roleBinding(u))
	return made(status)
}

// granted tells whether the user's role has effect: the binding has come to the
// authorizer, and the role has been aggregated.
func granted(ctx context.Context, c *client, token string, u user) bool {
	for _, verb := range map[string][]string{"edit": {"create", "list"}, "view": {"list"}}[u.role] {
		var review struct {
			Status struct {
				Allowed bool `json:"allowed"`
			} `json:"status"`
		}
		_, body := c.do(ctx, token, http.MethodPost, "/apis/authorization.k8s.io/v1/subjectaccessreviews", map[string]any{
			"apiVersion": "authorization.k8s.io/v1",
			"kind":       "SubjectAccessReview",
			"spec": map[string]any{
				"user":               u.name,
				"resourceAttributes": map[string]any{"namespace": "default", "verb": verb, "resource": "pods"},
			},
		})
		if json.Unmarshal(body, &review) != nil || !review.Status.Allowed {
			return false
		}
	}
	return true
}

func made(status int) bool {
	return status == http.StatusCreated || status == http.StatusConflict
}

func (r *run) path(name string) string {
	return filepath.Join(r.dir, name)
}

// process is a component that this launcher started.
type process struct {
	name string
	log  string
	done chan struct{} // closed when it has ended
}

// spawn starts a component, writing to its own log file, in a session of its
// own: it outlives this launcher and the terminal.
func (r *run) spawn(component string, flags ...string) (*process, error) {
	p := &process{name: component, log: r.path(component + ".log"), done: make(chan struct{})}
	log, err := os.OpenFile(p.log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	command := exec.Command(r.binary, append([]string{component}, flags...)...)
	command.Dir = r.dir
	// No ETCD_… or proxy of the caller's.
	command.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + r.dir, "TMPDIR=" + os.TempDir()}
	command.Stdout, command.Stderr = log, log
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := command.Start(); err != nil {
		return nil, err
	}
	go func() {
		_ = command.Wait() // its log tells more
		close(p.done)
	}()
	r.state.Processes = append(r.state.Processes, stateProcess{Name: component, PID: command.Process.Pid})
	return p, r.writeState()
}

func (r *run) writeState() error {
	text, err := json.MarshalIndent(r.state, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(r.path(stateFile+".new"), append(text, '\n'), 0o600); err != nil {
		return err
	}
	return os.Rename(r.path(stateFile+".new"), r.path(stateFile))
}

// wait polls until ready, or until a process ends, time is up or a signal comes.
func (r *run) wait(ctx context.Context, what string, processes []*process, ready func(context.Context) bool) error {
	// A process that ends also ends a request that waits for an answer.
	running, cancel := context.WithCancel(ctx)
	defer cancel()
	for _, p := range processes {
		go func() {
			select {
			case <-p.done:
				cancel()
			case <-running.Done():
			}
		}()
	}
	for {
		if ready(running) {
			return nil
		}
		interrupted := pause(running, 100*time.Millisecond)
		for _, p := range processes {
			select {
			case <-p.done:
				return p.failure()
			default:
			}
		}
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return fmt.Errorf("%s: %w\n%s", what, context.Cause(ctx), processes[len(processes)-1].excerpt())
		}
		if interrupted != nil {
			return interrupted
		}
	}
}

// failure tells why a process ended by itself.
func (p *process) failure() error {
	log, err := os.ReadFile(p.log)
	if err == nil && bytes.Contains(log, []byte("address already in use")) {
		return fmt.Errorf("%s: %w", p.name, errPortTaken)
	}
	return fmt.Errorf("%s ended; from its log:\n%s", p.name, p.excerpt())
}

// errorLine is one that Kubernetes or etcd logs as an error, or as the end.
var errorLine = regexp.MustCompile(`^[EF][0-9]{4} |"level":"(error|fatal|panic)"|^panic: `)

// excerpt is the last errors in the process' log or, for want of any, its end.
func (p *process) excerpt() string {
	text, err := os.ReadFile(p.log)
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimRight(string(text), "\n"), "\n")
	var errs []string
	for _, line := range lines {
		if errorLine.MatchString(line) {
			errs = append(errs, line)
		}
	}
	if len(errs) > 0 {
		lines = errs
	}
	return strings.Join(lines[max(0, len(lines)-10):], "\n")
}

// freePorts finds n loopback ports that nobody listens on at the moment.
func freePorts(n int) ([]int, error) {
	var ports []int
	for range n {
		listener, err := net.Listen("tcp4", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer listener.Close() // all at the end, so that they differ
		ports = append(ports, listener.Addr().(*net.TCPAddr).Port)
	}
	return ports, nil
}
