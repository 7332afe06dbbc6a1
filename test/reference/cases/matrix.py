"""Products of vectors and matrices."""

from harness import T, ints

cases = []


def case(name, *args, checks=None, **kwargs):
    cases.append((name, args, kwargs, checks or {}))


for a, b in [((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)), ((2, 3), (3, 4)), ((2, 2, 3), (3, 4)), ((2, 3), (2, 3, 2)),
             ((2, 2, 3), (2, 3, 2)), ((2, 1, 2, 3), (3, 3, 2)), ((3,), (2, 3, 2)), ((2, 2, 3), (3,)), ((0, 3), (3, 2)),
             ((2, 0), (0, 3)), ((1, 1), (1, 1)), ((2, 0, 3), (3, 2)), ((1, 2, 3), (4, 3, 2))]:
    # PyTorch folds some stacks into one product; what it calls those nodes is no promise.
    case("matmul", T(*a), T(*b), checks={"node": None} if max(len(a), len(b)) > 2 else None)
case("matmul", T(2, 3), T(3, 2, grad=False))
case("matmul", T(2, 3, grad=False), T(3, 2))
case("matmul", T(2, 2, 3, grad=False), T(3, 2))
case("matmul", ints(2, 3), ints(3, 2))
case("matmul", T(2, 3), T(2, 3), checks={"raises": True})
case("matmul", T(), T(2), checks={"raises": True})
case("matmul", T(17, 33, lo=-1, hi=1, grad=False), T(33, 19, lo=-1, hi=1, grad=False))
case("mm", T(2, 3), T(3, 4))
case("mm", T(2, 3), T(3), checks={"raises": True})
case("bmm", T(2, 2, 3), T(2, 3, 4))
case("mv", T(2, 3), T(3))
case("dot", T(3), T(3))
case("dot", T(3), T(4), checks={"raises": True})
case("inner", T(3), T(3), checks={"node": None})
case("inner", T(2, 3), T(4, 3))
case("inner", T(2, 3), T())
case("outer", T(3), T(2))
case("ger", T(3), T(2))
case("addmm", T(2, 4), T(2, 3), T(3, 4))
case("addmm", T(4), T(2, 3), T(3, 4))
case("addmm", T(2, 4), T(2, 3), T(3, 4), beta=0.5, alpha=2.0)
case("addmm_", T(2, 4), T(2, 3), T(3, 4), beta=0.5)
case("addmv", T(2), T(2, 3), T(3), alpha=2.0)
case("baddbmm", T(2, 2, 4), T(2, 2, 3), T(2, 3, 4), beta=0.5)
case("addr", T(2, 3), T(2), T(3), alpha=0.5)
case("tensordot", T(2, 3), T(3, 4), 1)
case("tensordot", T(2, 3, 4), T(3, 4, 2))
case("tensordot", T(2, 3, 4), T(4, 2, 3), [[0, 2], [1, 0]])
case("trace", T(3, 4))
case("kron", T(2, 2), T(2, 3), checks={"node": None})
case("kron", T(2), T(2, 2), checks={"node": None})
case("matrix_power", T(3, 3), 0, checks={"node": None})
case("matrix_power", T(3, 3), 3)
case("cross", T(2, 3), T(2, 3), dim=1)
case("linalg.multi_dot", [T(2, 3), T(3, 4), T(4, 2)], checks={"node": None})
for equation, *shapes in [
    ("ij,jk->ik", (2, 3), (3, 4)), ("ij,jk", (2, 3), (3, 4)), ("i,i->", (3,), (3,)), ("i,j->ij", (2,), (3,)),
    ("ii->i", (3, 3)), ("ii", (3, 3)), ("ij->ji", (2, 3)), ("ij->", (2, 3)), ("ij->j", (2, 3)),
    ("bij,bjk->bik", (2, 2, 3), (2, 3, 2)), ("bhid,bhjd->bhij", (1, 2, 2, 3), (1, 2, 4, 3)),
    ("...ij,...jk->...ik", (2, 2, 3), (3, 2)), ("i...->...", (2, 3)), ("ij,ij->ij", (2, 3), (2, 3)),
    ("ij,kj,kl->il", (2, 3), (4, 3), (4, 2)), ("ba", (2, 3)), ("ij,ij,ij->i", (2, 3), (2, 3), (2, 3)),
    ("ij,jk->k", (1, 3), (3, 2)), ("ab,b,b->a", (2, 3), (3,), (3,)),
]:
    case("einsum", equation, *[T(*shape) for shape in shapes])
case("einsum", "ij,jk->ik", T(2, 3), T(2, 3), checks={"raises": True})

seeds = T.count
for shape in [(3, 3), (2, 2, 2), (1, 1)]:
    case("matrix_exp", T(*shape))
    case("matrix_exp", T(*shape, lo=-9, hi=9, grad=False))
case("matrix_exp", T(0, 2, 2))
for a, b in [((3, 3), (3, 2)), ((2, 2, 2), (2, 2, 3)), ((1, 1), (1, 1)), ((0, 0), (0, 2))]:
    case("linalg.solve", T(*a), T(*b))
T.count = seeds  # the cases that follow keep their inputs
