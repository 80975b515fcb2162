//! Addresses and networks, as Kubernetes and cel-spec have them.

use super::{Library, Overload};
use crate::EvalError;
use crate::term::{Opaque, Term};
use crate::types::Type;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use sekisho_go_net::{Address, print, quoted};
use sekisho_value::Value;
use std::any::Any;

type Outcome<'a> = Result<Term<'a>, EvalError>;

/// An address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ip(pub IpAddr);

/// A network: an address of it, and how many bits are the network's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cidr {
    /// the address, as it was written
    pub address: IpAddr,
    /// bits
    pub prefix: u8,
}

impl Opaque for Ip {
    fn type_name(&self) -> &str {
        "net.IP"
    }

    fn equals(&self, other: &dyn Opaque) -> Option<bool> {
        Some((other as &dyn Any).downcast_ref::<Self>()? == self)
    }

    fn size(&self) -> Option<u64> {
        Some(u64::from(width(self.0)).div_ceil(8))
    }

    fn to_json(&self) -> Option<Value> {
        Some(Value::from(shown(self.0)))
    }
}

impl Opaque for Cidr {
    fn type_name(&self) -> &str {
        "net.CIDR"
    }

    fn equals(&self, other: &dyn Opaque) -> Option<bool> {
        Some((other as &dyn Any).downcast_ref::<Self>()? == self)
    }

    fn size(&self) -> Option<u64> {
        Some(u64::from(self.prefix).div_ceil(8))
    }

    fn to_json(&self) -> Option<Value> {
        Some(Value::from(self.text()))
    }
}

impl Cidr {
    fn text(&self) -> String {
        format!("{}/{}", shown(self.address), self.prefix)
    }

    /// The network with all bits beside its own cleared.
    #[must_use]
    pub fn masked(&self) -> Self {
        let address = match self.address {
            IpAddr::V4(address) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(self.prefix)).unwrap_or(0);
                IpAddr::V4(Ipv4Addr::from_bits(address.to_bits() & mask))
            }
            IpAddr::V6(address) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(self.prefix)).unwrap_or(0);
                IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & mask))
            }
        };
        Self { address, prefix: self.prefix }
    }

    /// Whether an address is of the network.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        address.is_ipv4() == self.address.is_ipv4()
            && Self { address, prefix: self.prefix }.masked().address == self.masked().address
    }
}

/// An address as Go writes it.
fn shown(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => print(address.to_bits()),
    }
}

fn width(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

/// The libraries of addresses and networks. IPv4 addresses in the form of IPv6 (`::ffff:1.2.3.4`)
/// are refused by Kubernetes however they are written; cel-spec takes those in hexadecimal for
/// the IPv4 addresses that they are.
#[must_use]
pub fn network(mapped: MappedAddresses) -> Library {
    let functions = match mapped {
        MappedAddresses::Refused => REFUSING,
        MappedAddresses::Unmapped => UNMAPPING,
    };
    Library::new("network", 0)
        .with_type("net.IP", Type::opaque("net.IP", Vec::new()))
        .with_type("net.CIDR", Type::opaque("net.CIDR", Vec::new()))
        .with(functions)
        .with(FUNCTIONS)
}

/// What becomes of IPv4 addresses in the form of IPv6.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MappedAddresses {
    /// they are errors
    Refused,
    /// in hexadecimal they are the IPv4 addresses that they stand for
    Unmapped,
}

type Read = fn(&str) -> Result<IpAddr, EvalError>;

macro_rules! reading {
    ($read:ident, $read_network:ident, $no_ip:expr) => {
        &[
            Overload::new("string_to_ip", "ip(string) -> net.IP", |evaluation, args| {
                evaluation.opaque(Ip($read(text(args)?)?))
            })
            .constant(),
            Overload::new("ip_is_canonical", "ip.isCanonical(string) -> bool", |_, args| {
                let text = text(args)?;
                Ok(Term::Bool(shown($read(text)?) == text))
            }),
            Overload::new("is_ip", "isIP(string) -> bool", |_, args| {
                Ok(Term::Bool($read(text(args)?).is_ok()))
            }),
            Overload::new("string_to_cidr", "cidr(string) -> net.CIDR", |evaluation, args| {
                evaluation.opaque($read_network(text(args)?)?)
            })
            .constant(),
            Overload::new("is_cidr", "isCIDR(string) -> bool", |_, args| {
                Ok(Term::Bool($read_network(text(args)?).is_ok()))
            }),
            Overload::new(
                "cidr_contains_ip_string",
                "net.CIDR::containsIP(string) -> bool",
                |_, args| match args {
                    [network, Term::String(text)] => {
                        contains_ip(*network, $read(text).map_err($no_ip)?)
                    }
                    _ => Err(EvalError::no_such_overload()),
                },
            ),
            Overload::new(
                "cidr_contains_cidr_string",
                "net.CIDR::containsCIDR(string) -> bool",
                |_, args| match args {
                    [network, Term::String(text)] => contains_cidr(*network, &$read_network(text)?),
                    _ => Err(EvalError::no_such_overload()),
                },
            ),
        ]
    };
}

const REFUSING: &[Overload] =
    reading!(read_refusing, read_network_refusing, |_| EvalError::no_such_overload());
const UNMAPPING: &[Overload] = reading!(read_unmapping, read_network_unmapping, |error| error);

const FUNCTIONS: &[Overload] = &[
    Overload::new("ip_family", "net.IP::family() -> int", |_, args| {
        Ok(Term::Int(if ip(args)?.is_ipv4() { 4 } else { 6 }))
    }),
    Overload::new("ip_is_unspecified", "net.IP::isUnspecified() -> bool", |_, args| {
        Ok(Term::Bool(ip(args)?.is_unspecified()))
    }),
    Overload::new("ip_is_loopback", "net.IP::isLoopback() -> bool", |_, args| {
        Ok(Term::Bool(ip(args)?.is_loopback()))
    }),
    Overload::new(
        "ip_is_link_local_multicast",
        "net.IP::isLinkLocalMulticast() -> bool",
        |_, args| Ok(Term::Bool(is_link_local_multicast(ip(args)?))),
    ),
    Overload::new("ip_is_link_local_unicast", "net.IP::isLinkLocalUnicast() -> bool", |_, args| {
        Ok(Term::Bool(is_link_local_unicast(ip(args)?)))
    }),
    Overload::new("ip_is_global_unicast", "net.IP::isGlobalUnicast() -> bool", |_, args| {
        let ip = ip(args)?;
        let broadcast = matches!(ip, IpAddr::V4(ip) if ip.is_broadcast());
        Ok(Term::Bool(
            !broadcast
                && !ip.is_unspecified()
                && !ip.is_loopback()
                && !ip.is_multicast()
                && !is_link_local_unicast(ip),
        ))
    }),
    Overload::new("ip_to_string", "string(net.IP) -> string", |evaluation, args| {
        evaluation.string(&shown(ip(args)?))
    }),
    Overload::new("cidr_contains_ip_ip", "net.CIDR::containsIP(net.IP) -> bool", |_, args| {
        match args {
            [network, other] => contains_ip(*network, ip(&[*other])?),
            _ => Err(EvalError::no_such_overload()),
        }
    }),
    Overload::new("cidr_contains_cidr", "net.CIDR::containsCIDR(net.CIDR) -> bool", |_, args| {
        match args {
            [network, other] => contains_cidr(*network, cidr(*other)?),
            _ => Err(EvalError::no_such_overload()),
        }
    }),
    Overload::new("cidr_ip", "net.CIDR::ip() -> net.IP", |evaluation, args| {
        evaluation.opaque(Ip(only_cidr(args)?.address))
    }),
    Overload::new("cidr_prefix_length", "net.CIDR::prefixLength() -> int", |_, args| {
        Ok(Term::Int(only_cidr(args)?.prefix.into()))
    }),
    Overload::new("cidr_masked", "net.CIDR::masked() -> net.CIDR", |evaluation, args| {
        evaluation.opaque(only_cidr(args)?.masked())
    }),
    Overload::new("cidr_to_string", "string(net.CIDR) -> string", |evaluation, args| {
        evaluation.string(&only_cidr(args)?.text())
    }),
];

fn text<'a>(args: &[Term<'a>]) -> Result<&'a str, EvalError> {
    match args {
        [Term::String(text)] => Ok(text),
        _ => Err(EvalError::no_such_overload()),
    }
}

fn ip(args: &[Term<'_>]) -> Result<IpAddr, EvalError> {
    args.first()
        .and_then(|term| term.downcast::<Ip>())
        .map(|ip| ip.0)
        .ok_or_else(EvalError::no_such_overload)
}

fn cidr(term: Term<'_>) -> Result<&Cidr, EvalError> {
    term.downcast().ok_or_else(EvalError::no_such_overload)
}

fn only_cidr<'a>(args: &[Term<'a>]) -> Result<&'a Cidr, EvalError> {
    args.first().and_then(|term| term.downcast()).ok_or_else(EvalError::no_such_overload)
}

fn contains_ip<'a>(network: Term<'a>, address: IpAddr) -> Outcome<'a> {
    Ok(Term::Bool(cidr(network)?.contains(address)))
}

fn contains_cidr<'a>(network: Term<'a>, other: &Cidr) -> Outcome<'a> {
    let network = cidr(network)?;
    Ok(Term::Bool(network.prefix <= other.prefix && network.contains(other.address)))
}

fn is_link_local_unicast(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_unicast_link_local(),
    }
}

fn is_link_local_multicast(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => matches!(ip.octets(), [224, 0, 0, _]),
        IpAddr::V6(ip) => ip.segments().first().is_some_and(|first| first & 0xff0f == 0xff02),
    }
}

fn parse(raw: &str) -> Result<IpAddr, EvalError> {
    let address = Address::parse(raw).map_err(|error| {
        let raw = quoted(raw);
        let message =
            format!("IP Address {raw} parse error during conversion from string: {error}");
        EvalError::new(message)
    })?;
    if address.has_zone() {
        let raw = quoted(raw);
        return Err(EvalError::new(format!("IP address {raw} with zone value is not allowed")));
    }
    Ok(of(address))
}

fn of(address: Address) -> IpAddr {
    if address.is_v4() {
        IpAddr::V4(Ipv4Addr::from_bits(u32::try_from(address.bits & 0xffff_ffff).unwrap_or(0)))
    } else {
        IpAddr::V6(Ipv6Addr::from_bits(address.bits))
    }
}

fn mapped_is_refused(raw: &str) -> EvalError {
    EvalError::new(format!("IPv4-mapped IPv6 address {} is not allowed", quoted(raw)))
}

fn read_refusing(raw: &str) -> Result<IpAddr, EvalError> {
    let address = parse(raw)?;
    match address {
        IpAddr::V6(six) if six.to_ipv4_mapped().is_some() => Err(mapped_is_refused(raw)),
        address => Ok(address),
    }
}

fn read_unmapping(raw: &str) -> Result<IpAddr, EvalError> {
    match parse(raw)? {
        IpAddr::V6(six) => match six.to_ipv4_mapped() {
            Some(_) if raw.contains('.') => Err(mapped_is_refused(raw)),
            Some(four) => Ok(IpAddr::V4(four)),
            None => Ok(IpAddr::V6(six)),
        },
        address => Ok(address),
    }
}

fn network_error(raw: &str, what: &str) -> EvalError {
    EvalError::new(format!(
        "network address parse error during conversion from string: network address parse error \
         during conversion from string: netip.ParsePrefix({}): {what}",
        quoted(raw)
    ))
}

fn parse_network(raw: &str, read: Read) -> Result<Cidr, EvalError> {
    let (address, bits) = raw.rsplit_once('/').ok_or_else(|| network_error(raw, "no '/'"))?;
    if address.contains('%') {
        return Err(network_error(raw, "IPv6 zones cannot be present in a prefix"));
    }
    let parsed = of(Address::parse(address).map_err(|error| network_error(raw, &error))?);
    if matches!(parsed, IpAddr::V6(six) if six.to_ipv4_mapped().is_some()) {
        return Err(EvalError::new(format!(
            "network address parse error during conversion from string: {}",
            mapped_is_refused(raw)
        )));
    }
    let address = read(address)?;
    let digits = !bits.is_empty()
        && bits.bytes().all(|byte| byte.is_ascii_digit())
        && (bits == "0" || !bits.starts_with('0'));
    if !digits {
        return Err(network_error(raw, &format!("bad bits after slash: {}", quoted(bits))));
    }
    match bits.parse::<u8>() {
        Ok(prefix) if prefix <= width(address) => Ok(Cidr { address, prefix }),
        _ => Err(network_error(raw, "prefix length out of range")),
    }
}

fn read_network_refusing(raw: &str) -> Result<Cidr, EvalError> {
    parse_network(raw, read_refusing)
}

fn read_network_unmapping(raw: &str) -> Result<Cidr, EvalError> {
    parse_network(raw, read_unmapping)
}
