-- Called once per customer and day, in order; `state` is carried from one day to the next.
local M = {}

function M.day(rows, state)
  local spent = decimal(0)
  for i = 1, rows.n do
    spent = spent + rows.amount[i]
  end
  state.balance = (state.balance or decimal(0)) + spent
  state.days_active = (state.days_active or 0) + 1
  return {
    uses = rows.n,
    spent = spent,
    balance = state.balance,
    days_active = state.days_active,
  }
end

return M
