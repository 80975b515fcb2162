use super::{Checker, Reference, advice};
use crate::ast::{Expr, ExprKind, Name, operator};
use crate::environment::Declared;
use crate::types::Type;
use std::collections::HashMap;
use std::sync::Arc;

impl Checker<'_> {
    pub(super) fn call(
        &mut self,
        expr: &Expr,
        target: Option<&Expr>,
        function: &Name,
        args: &[Expr],
    ) -> Type {
        if function == operator::OPT_SELECT
            && let [operand, field] = args
            && let Some(name) = field.as_string()
        {
            self.expr(field);
            let of = self.field(expr.span, operand, name, true);
            self.refer_to(expr, function, 0);
            return self.bindings.substitute(&of, false);
        }
        let mut types: Vec<Type> = Vec::with_capacity(args.len() + 1);
        for arg in args {
            types.push(self.expr(arg));
        }
        let environment = self.environment;
        let environment = environment.inner();
        let Some(target) = target else {
            return match environment.function(function) {
                Some((name, overloads)) => self.resolve(expr, name, overloads, false, types),
                None => {
                    self.undeclared_function(expr, None, function, args.len());
                    Type::Error
                }
            };
        };
        // `a.b.c()` is the function `a.b.c` where there is one, else a method of `a.b`.
        if let Some(prefix) = target.qualified_name()
            && let Some((name, overloads)) = environment.function(&format!("{prefix}.{function}"))
        {
            return self.resolve(expr, name, overloads, false, types);
        }
        types.insert(0, self.expr(target));
        match environment.function(function) {
            Some((name, overloads)) => self.resolve(expr, name, overloads, true, types),
            None => {
                self.undeclared_function(expr, Some(target), function, args.len());
                Type::Error
            }
        }
    }

    fn refer_to(&mut self, expr: &Expr, function: &Name, overload: usize) {
        if let Some((_, overloads)) = self.environment.inner().function(function) {
            let chosen = overloads.get(overload).cloned().into_iter().collect();
            self.refer(expr.id, Reference::Function(chosen));
        }
    }

    fn undeclared_function(
        &mut self,
        expr: &Expr,
        target: Option<&Expr>,
        function: &str,
        args: usize,
    ) {
        let environment = self.environment.inner();
        let is_macro = environment.libraries.macros.has(function);
        let container = environment.libraries.container.clone();
        let message = format!("undeclared reference to '{function}' (in container '{container}')");
        let help = if is_macro {
            let of = if target.is_some() { "a macro" } else { "a macro of lists and maps" };
            Some(format!("`{function}` is {of} that does not take {args} arguments"))
        } else {
            advice::undeclared(environment, &self.scopes, function, true)
        };
        self.error(expr.span, message, help);
    }

    fn resolve(
        &mut self,
        expr: &Expr,
        name: Name,
        overloads: &[Arc<Declared>],
        member: bool,
        mut types: Vec<Type>,
    ) -> Type {
        if matches!(name.as_str(), operator::AND | operator::OR) {
            return self.logical(expr, overloads, &types);
        }
        let mut chosen: Vec<Arc<Declared>> = Vec::new();
        let mut result: Option<Type> = None;
        for overload in overloads {
            if overload.member != member || self.environment.inner().is_disabled(overload) {
                continue;
            }
            let (params, of) = self.instance(overload);
            if !self.bindings.all_assignable(&types, &params) {
                continue;
            }
            chosen.push(Arc::clone(overload));
            let of = self.bindings.substitute(&of, false);
            result = Some(match result {
                None => of,
                Some(before) if before.is_dyn() || before == of => before,
                Some(_) => Type::Dyn,
            });
        }
        match result {
            Some(of) => {
                self.refer(expr.id, Reference::Function(chosen));
                of
            }
            None => {
                for of in &mut types {
                    *of = self.bindings.substitute(of, true);
                }
                self.no_overload(expr, &name, overloads, member, &types);
                let all = overloads.iter().filter(|overload| overload.member == member);
                let all = all.cloned().collect();
                self.refer(expr.id, Reference::Function(all));
                Type::Error
            }
        }
    }

    fn logical(&mut self, expr: &Expr, overloads: &[Arc<Declared>], types: &[Type]) -> Type {
        let ExprKind::Call { args, .. } = &expr.kind else { return Type::Error };
        for (arg, of) in args.iter().zip(types) {
            if !self.bindings.assignable(of, &Type::Bool) {
                self.mismatch(arg.span, &Type::Bool, of);
            }
        }
        self.refer(expr.id, Reference::Function(overloads.to_vec()));
        Type::Bool
    }

    /// The types of an overload, its type parameters to be found out.
    fn instance(&mut self, overload: &Declared) -> (Vec<Type>, Type) {
        if overload.type_params.is_empty() {
            return (overload.params.clone(), overload.result.clone());
        }
        let fresh: HashMap<Name, Type> =
            overload.type_params.iter().map(|name| (name.clone(), self.bindings.fresh())).collect();
        let params = overload.params.iter().map(|of| put(of, &fresh)).collect();
        (params, put(&overload.result, &fresh))
    }

    fn no_overload(
        &mut self,
        expr: &Expr,
        name: &str,
        overloads: &[Arc<Declared>],
        member: bool,
        types: &[Type],
    ) {
        let (target, args) = match types.split_first() {
            Some((target, args)) if member => (format!("{target}."), args),
            _ => (String::new(), types),
        };
        let args: Vec<String> = args.iter().map(ToString::to_string).collect();
        let message = format!(
            "found no matching overload for '{name}' applied to '{target}({})'",
            args.join(", ")
        );
        let help = advice::no_overload(name, overloads, types);
        self.error(expr.span, message, help);
    }
}

fn put(of: &Type, fresh: &HashMap<Name, Type>) -> Type {
    match of {
        Type::Param(name) => fresh.get(name).cloned().unwrap_or(Type::Dyn),
        other if other.params().is_empty() => other.clone(),
        other => other.with_parts(&mut |part| put(part, fresh)),
    }
}
