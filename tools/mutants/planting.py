"""Puts mutants into Python code: one text of a file holds all of them, each behind a switch.

An expression `e` becomes `(mutant if _planted(7) else e)`, a statement stands under `if not _planted(7)`. Left alone
are annotations, decorators, patterns, texts, and what is logged.
"""

import ast
import copy
from collections import Counter
from collections.abc import Callable
from typing import TypeVar

SWITCH = "_planted"
#: What a bound becomes that is there no more.
BOUNDLESS = 1000

OPPOSITE: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Lt: ast.GtE, ast.GtE: ast.Lt, ast.Gt: ast.LtE, ast.LtE: ast.Gt,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
SWAPPED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult,
}  # fmt: skip

Node = TypeVar("Node", bound=ast.AST)


class Planting(ast.NodeTransformer):
    """Plants all mutants of one file. `number` gives each its number."""

    def __init__(self, number: Callable[[str], int]) -> None:
        self._number = number
        self._names: Counter[str] = Counter()
        self._inside: list[str] = []

    def plant(self, source: str) -> str:
        """The file's new text."""
        tree = self.visit(ast.parse(source))
        at = 1 if ast.get_docstring(tree) else 0
        tree.body.insert(at, ast.parse(f"from host.planted import on as {SWITCH}").body[0])
        return ast.unparse(ast.fix_missing_locations(tree))

    def _switch(self, what: str) -> ast.expr:
        name = f"{'.'.join(self._inside) or 'module'}: {what}"
        self._names[name] += 1
        if self._names[name] > 1:
            name += f" #{self._names[name]}"
        return ast.Call(ast.Name(SWITCH, ast.Load()), [ast.Constant(self._number(name))], [])

    def _either(self, what: str, mutant: ast.expr, node: ast.expr) -> ast.expr:
        return ast.IfExp(self._switch(what), mutant, node)

    def _inner(self, node: Node) -> Node:
        self.generic_visit(node)
        return node

    def _room(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> ast.AST:
        self._inside.append(node.name)
        decorators, node.decorator_list = node.decorator_list, []
        self.generic_visit(node)
        node.decorator_list = decorators
        self._inside.pop()
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        return self._room(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        return self._room(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        return self._room(node)

    def visit_arguments(self, node: ast.arguments) -> ast.AST:
        """Annotations are no code, defaults are."""
        node.defaults = [self.visit(one) for one in node.defaults]
        node.kw_defaults = [one and self.visit(one) for one in node.kw_defaults]
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        node.value = node.value and self.visit(node.value)
        return node

    def visit_match_case(self, node: ast.match_case) -> ast.AST:
        node.guard = node.guard and self.visit(node.guard)
        node.body = self._block(node.body)
        return node

    def _block(self, body: list[ast.stmt]) -> list[ast.stmt]:
        planted: list[ast.stmt] = []
        for one in body:
            made = self.visit(one)
            planted += made if isinstance(made, list) else [made]
        return planted

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.AST:
        return node

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        """A subscript of names alone may be a type."""
        if not isinstance(node.slice, ast.Name | ast.Tuple | ast.Attribute):
            node.slice = self.visit(node.slice)
        node.value = self.visit(node.value)
        return node

    def visit_Assign(self, node: ast.Assign) -> ast.AST:
        node.value = self.visit(node.value)
        return node

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        if isinstance(node.value, bool):
            return self._either(f"{node.value} becomes {not node.value}", ast.Constant(not node.value), node)
        if isinstance(node.value, int | float):
            inside = any(name[:1].islower() or name[:1] == "_" for name in self._inside)
            other = node.value + 1 if inside or not node.value else node.value * BOUNDLESS
            return self._either(f"{node.value} becomes {other}", ast.Constant(other), node)
        return node

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        was = copy.deepcopy(node)
        node = self._inner(node)
        mutant: ast.expr = ast.UnaryOp(ast.Not(), was)
        if len(was.ops) == 1:
            mutant = ast.Compare(was.left, [OPPOSITE[type(was.ops[0])]()], was.comparators)
        return self._either(f"{told(was)} becomes {told(mutant)}", mutant, node)

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.AST:
        was = copy.deepcopy(node)
        node = self._inner(node)
        mutant = ast.BoolOp(ast.And() if isinstance(was.op, ast.Or) else ast.Or(), was.values)
        return self._either(f"{told(was)} becomes {told(mutant)}", mutant, node)

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        was = copy.deepcopy(node)
        node = self._inner(node)
        if type(was.op) not in SWAPPED or (isinstance(was.left, ast.Constant) and isinstance(was.left.value, str)):
            return node
        mutant = ast.BinOp(was.left, SWAPPED[type(was.op)](), was.right)
        return self._either(f"{told(was)} becomes {told(mutant)}", mutant, node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.AST:
        was = copy.deepcopy(node)
        node = self._inner(node)
        if not isinstance(was.op, ast.Not):
            return node
        return self._either(f"{told(was)} becomes {told(was.operand)}", was.operand, node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        if is_log(node):
            return node
        was = copy.deepcopy(node)
        node = self._inner(node)
        made: ast.expr = node
        for at, argument in enumerate(was.keywords):
            if argument.arg is None:
                continue
            mutant = copy.deepcopy(was)
            del mutant.keywords[at]
            made = self._either(f"{told(was)} loses {argument.arg}", mutant, made)
        return made

    def visit_Await(self, node: ast.Await) -> ast.AST:
        node.value = self.visit(node.value)
        return node

    def _condition(self, test: ast.expr) -> ast.expr:
        """A bare condition turns into its opposite; others have mutants of their own."""
        was = copy.deepcopy(test)
        made: ast.expr = self.visit(test)
        if isinstance(was, ast.Compare | ast.BoolOp | ast.UnaryOp | ast.Constant):
            return made
        return self._either(f"if {told(was)} becomes if not", ast.UnaryOp(ast.Not(), was), made)

    def visit_comprehension(self, node: ast.comprehension) -> ast.AST:
        node.iter, node.ifs = self.visit(node.iter), [self._condition(test) for test in node.ifs]
        return node

    def visit_If(self, node: ast.If) -> ast.AST:
        if told(node.test) == "TYPE_CHECKING":
            return node
        node.test = self._condition(node.test)
        node.body, node.orelse = self._block(node.body), self._block(node.orelse)
        return node

    def visit_While(self, node: ast.While) -> ast.AST:
        node.test = node.test if isinstance(node.test, ast.Constant) else self._condition(node.test)
        node.body, node.orelse = self._block(node.body), self._block(node.orelse)
        return node

    def visit_IfExp(self, node: ast.IfExp) -> ast.AST:
        node.test = self._condition(node.test)
        node.body, node.orelse = self.visit(node.body), self.visit(node.orelse)
        return node

    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        was = node.value.value if isinstance(node.value, ast.Await) else node.value
        if not isinstance(was, ast.Call) or is_log(was):
            return node if isinstance(was, ast.Constant) or is_log(was) else self._inner(node)
        name = told(node)
        return self._unless(name, self._inner(node))

    def visit_Raise(self, node: ast.Raise) -> ast.AST:
        return self._unless(told(node), node)

    def visit_Return(self, node: ast.Return) -> ast.AST:
        if node.value is None or isinstance(node.value, ast.Constant):
            return self._inner(node)
        name = told(node)
        switch = self._switch(f"{name} becomes return None")
        return ast.If(switch, [ast.Return(ast.Constant(None))], [self._inner(node)])

    def _unless(self, name: str, node: ast.stmt) -> ast.AST:
        return ast.If(self._switch(f"{name} is left out"), [ast.Pass()], [node])


def told(node: ast.AST) -> str:
    """Code on one line, and not too much of it."""
    text = " ".join(ast.unparse(node).split())
    return text if len(text) <= 90 else f"{text[:60]}…{text[-25:]}"


def is_log(node: ast.AST) -> bool:
    """Whether a call only tells people something."""
    return isinstance(node, ast.Call) and "log" in ast.unparse(node.func).split("(")[0].lower().replace("_log", "log")
